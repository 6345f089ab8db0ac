package report

import "context"

// OrganizationNames maps the codes of organizations to their names.
type OrganizationNames map[string]string

// OrganizationNamesOf returns the names, as far as the job knows them.
func OrganizationNamesOf(ctx context.Context, c CrossedRecords) (OrganizationNames, error) {
	organizations, _, err := CrossedDefinitions(ctx, c)
	names := make(OrganizationNames, len(organizations))
	for _, o := range organizations {
		names[o.KindeID] = o.Name
	}
	return names, err
}

// Show returns an organization's name, and its code where two share a name.
func (n OrganizationNames) Show(code string) string {
	if name := n[code]; name != "" && name != code {
		return name + " (" + code + ")"
	}
	return code
}
