// Package job owns the life of a run: it begins the run in the checkpoint, in a
// new pass or in the rest of an earlier one, refuses the checkpoint of another
// command or tenant, tells the progress and keeps the counts while the work
// goes on, and stores how it ended whatever happened. It never knows what the
// work is; import, rollback, repair and the verbs on users are all run by it.
package job
