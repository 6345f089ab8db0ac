package sandbox

import (
	"slices"
	"strings"
)

// strategies is what a connection may be. Source: CreateConnection's enum.
var strategies = strings.Fields(`
	oauth2:apple oauth2:azure_ad oauth2:bitbucket oauth2:discord oauth2:facebook oauth2:github oauth2:gitlab
	oauth2:google oauth2:linkedin oauth2:microsoft oauth2:patreon oauth2:slack oauth2:stripe oauth2:twitch
	oauth2:twitter oauth2:xero saml:custom saml:cloudflare saml:okta saml:microsoft saml:google wsfed:azure_ad`)

type shownConnection struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	DisplayName string `json:"display_name"`
	Strategy    string `json:"strategy"`
}

type wrappedConnection struct {
	Connection shownConnection `json:"connection"`
}

func showConnection(c *connection) shownConnection {
	return shownConnection{c.ID, c.Name, c.DisplayName, c.Strategy}
}

func (t *Tenant) getConnections(c *call) response {
	size, bad := t.pageSize(c)
	if bad != nil {
		return *bad
	}
	return t.read(func() response {
		all := t.connections.list
		if domain := c.query.Get("home_realm_domain"); domain != "" {
			all = nil
			for _, cn := range t.connections.list {
				if slices.Contains(splitList(cn.Domains), strings.ToLower(domain)) {
					all = append(all, cn)
				}
			}
		}
		page, more, bad := pageAround(c, all, size, func(c *connection) string { return c.ID })
		if bad != nil {
			return *bad
		}
		out := make([]any, len(page))
		for i, cn := range page {
			out[i] = showConnection(cn)
			if t.opt.Quirks.WrappedConnections {
				out[i] = wrappedConnection{showConnection(cn)}
			}
		}
		return okay(struct {
			Code        string `json:"code"`
			Message     string `json:"message"`
			Connections []any  `json:"connections"`
			More        bool   `json:"has_more"`
		}{"OK", "Success", out, more})
	})
}

func (t *Tenant) getConnection(c *call) response {
	return t.read(func() response {
		cn := t.connections.byID[c.path[0]]
		if cn == nil {
			return invalid("CONNECTION_NOT_FOUND", "There is no connection with this id.")
		}
		return okay(struct {
			Code       string          `json:"code"`
			Message    string          `json:"message"`
			Connection shownConnection `json:"connection"`
		}{"OK", "Success", showConnection(cn)})
	})
}

func (t *Tenant) createConnection(c *call) response {
	var body struct {
		Name         string `json:"name"`
		DisplayName  string `json:"display_name"`
		Strategy     string `json:"strategy"`
		Organization string `json:"organization_code"`
		Options      struct {
			Domains []string `json:"home_realm_domains"`
		} `json:"options"`
	}
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	if !slices.Contains(strategies, body.Strategy) {
		return invalid("INVALID_STRATEGY", "strategy is not one that is known.")
	}
	if strings.TrimSpace(body.Name) == "" || strings.TrimSpace(body.DisplayName) == "" {
		return invalid("INVALID_REQUEST_BODY", "A connection has to have a name and a display name.")
	}
	return t.change(func(ch *change) response {
		if body.Organization != "" && t.orgs[body.Organization] == nil {
			return orgUnknown()
		}
		cn := &connection{ID: t.drawText("conn_"), Name: body.Name, DisplayName: body.DisplayName, Strategy: body.Strategy,
			Domains: strings.ToLower(strings.Join(body.Options.Domains, ","))}
		t.connections.put(cn)
		ch.define(cn)
		return created("Connection successfully created.", "connection", cn.ID)
	})
}

type shownWebhook struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Endpoint    string   `json:"endpoint"`
	Description string   `json:"description"`
	Events      []string `json:"event_types"`
	CreatedOn   string   `json:"created_on"`
}

func (t *Tenant) getWebHooks(*call) response {
	return t.read(func() response {
		out := []shownWebhook{}
		for _, w := range t.webhooks.list {
			out = append(out, shownWebhook{w.ID, w.Name, w.Endpoint, w.Description, append([]string{}, w.Events...), stampOf(w.Created)})
		}
		return okay(struct {
			Code     string         `json:"code"`
			Message  string         `json:"message"`
			Webhooks []shownWebhook `json:"webhooks"`
		}{"OK", "Success", out})
	})
}
