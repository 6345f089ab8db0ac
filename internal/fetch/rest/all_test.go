package rest

// providers are all that are simulated.
var providers = []provider{auth0, okta, cognito, clerk, firebase, entra, azureB2C, keycloak, workos, supabase, kratos, logto,
	fusionauth, fusionauthDB, zitadel, stytch, stytchB2B, supertokens}
