package mapping

import "strings"

// strategies maps the names that sources give social providers to Kinde's
// connection strategies. Names are compared in lower case without separators.
// Source: Kinde Management API, CreateConnection; the sources' own documentation.
var strategies = map[string]string{
	"google": "oauth2:google", "googleoauth2": "oauth2:google", "google.com": "oauth2:google", "oauthgoogle": "oauth2:google",
	"googleoauth": "oauth2:google", "googleoauthprovider": "oauth2:google", "gsuite": "oauth2:google",
	"apple": "oauth2:apple", "apple.com": "oauth2:apple", "signinwithapple": "oauth2:apple", "oauthapple": "oauth2:apple",
	"appleoauth": "oauth2:apple",
	"facebook":   "oauth2:facebook", "facebook.com": "oauth2:facebook", "oauthfacebook": "oauth2:facebook", "facebookoauth": "oauth2:facebook",
	"github": "oauth2:github", "github.com": "oauth2:github", "oauthgithub": "oauth2:github", "githuboauth": "oauth2:github",
	"twitter": "oauth2:twitter", "twitter.com": "oauth2:twitter", "x": "oauth2:twitter", "x.com": "oauth2:twitter",
	"oauthtwitter": "oauth2:twitter", "oauthx": "oauth2:twitter", "twitteroauth2": "oauth2:twitter",
	"windowslive": "oauth2:microsoft", "microsoft": "oauth2:microsoft", "microsoft.com": "oauth2:microsoft", "live.com": "oauth2:microsoft",
	"oauthmicrosoft": "oauth2:microsoft", "azure": "oauth2:microsoft", "microsoftoauth": "oauth2:microsoft",
	"microsoftaccount": "oauth2:microsoft",
	"linkedin":         "oauth2:linkedin", "linkedin.com": "oauth2:linkedin", "linkedinoidc": "oauth2:linkedin",
	"oauthlinkedin":     "oauth2:linkedin",
	"oauthlinkedinoidc": "oauth2:linkedin", "linkedinoauth": "oauth2:linkedin", "linkedinoauth2": "oauth2:linkedin",
	"azuread": "oauth2:azure_ad", "bitbucket": "oauth2:bitbucket", "discord": "oauth2:discord", "gitlab": "oauth2:gitlab",
	"slack":     "oauth2:slack",
	"slackoidc": "oauth2:slack", "twitch": "oauth2:twitch", "xero": "oauth2:xero", "stripe": "oauth2:stripe", "patreon": "oauth2:patreon",
	"oauthbitbucket": "oauth2:bitbucket", "oauthdiscord": "oauth2:discord", "oauthgitlab": "oauth2:gitlab", "oauthslack": "oauth2:slack",
	"oauthtwitch": "oauth2:twitch", "oauthxero": "oauth2:xero", "gitlab.com": "oauth2:gitlab", "bitbucket.org": "oauth2:bitbucket",
	"clever": "oauth2:clever", "roblox": "oauth2:roblox",
}

// enterpriseNames are providers that belong to one company. The operator has to
// choose the connection.
var enterpriseNames = map[string]bool{
	"samlp": true, "saml": true, "waad": true, "adfs": true, "ad": true, "okta": true, "oidc": true, "pingfederate": true,
	"googleapps": true, "office365": true, "sso": true, "activedirectory": true, "ldap": true, "wsfed": true, "auth0adldap": true,
}

// localNames are how sources call signing in without a foreign provider.
var localNames = map[string]bool{
	"auth0": true, "email": true, "sms": true, "phone": true, "password": true, "credential": true, "credentials": true,
	"emailpassword": true, "passwordless": true, "local": true, "usernamepasswordauthentication": true, "username": true,
	"mobile": true, "firebase": true, "anonymous": true, "none": true, "magiclink": true, "emailverification": true,
}

// Strategy returns Kinde's connection strategy for a source's provider name, and
// whether it is an enterprise provider. "" when Kinde has none.
func Strategy(provider string) (strategy string, enterprise bool) {
	lower := strings.ToLower(strings.TrimSpace(provider))
	switch {
	case strings.HasPrefix(lower, "oauth2:"):
		return lower, false
	case strings.HasPrefix(lower, "saml:"), strings.HasPrefix(lower, "wsfed:"):
		return lower, true
	case strings.HasPrefix(lower, "sso:"), strings.HasPrefix(lower, "saml."), strings.HasPrefix(lower, "saml_"),
		strings.HasSuffix(lower, ".onmicrosoft.com"), strings.Contains(lower, "sts.windows.net"),
		strings.Contains(lower, "login.microsoftonline.com"), strings.HasPrefix(lower, "oidc."):
		return "", true
	}
	f := foldKey(provider)
	if s, ok := strategies[f]; ok {
		return s, false
	}
	return "", enterpriseNames[f]
}
