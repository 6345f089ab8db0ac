package rest

// providers are all that are simulated.
var providers = []provider{clerk, okta, cognito, workos, keycloak}
