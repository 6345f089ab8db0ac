// Package schedule tells when something is due, by distance or by the fields of
// crontab in a time zone, and runs it then: across changes of the clocks, and once
// for what was missed while the machine slept. It never knows what is due.
package schedule
