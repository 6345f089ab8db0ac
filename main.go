// Command kinde-migrate moves a company's users from any identity provider into
// Kinde, proves that everyone arrived, and backs the tenant up.
package main

import (
	"os"

	"github.com/kinde-migrate/kinde-migrate/internal/cmd"
)

func main() { os.Exit(cmd.Process()) }
