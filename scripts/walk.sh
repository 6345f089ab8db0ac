#!/usr/bin/env bash
# Walks through a migration on real terminals (tmux, 80x24 and 120x40): questions,
# Ctrl-C, resume, rollback. What stands on the screen at each stop is kept in
# docs/walk/, to be looked at when a change touches what people see.
#
#   scripts/walk.sh [FOLDER]
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(realpath -m "${1:-docs/walk}")
work=$(mktemp -d)
tenant=
trap 'tmux -L walk kill-server 2> /dev/null || true; [ -z "$tenant" ] || kill "$tenant"; rm -rf "$work"' EXIT
go build -o "$work/bin/kinde-migrate" .
mkdir -p "$out"

keys() { tmux -L walk send-keys "$@"; }
# shown waits until the screen shows a pattern, for a minute at most.
shown() {
	for _ in $(seq 240); do
		if tmux -L walk capture-pane -p | grep -qE -- "$1"; then return; fi
		sleep 0.25
	done
	echo "$size: \"$1\" does not appear:" >&2
	tmux -L walk capture-pane -p >&2
	exit 1
}
keep() { tmux -L walk capture-pane -p | sed -E "s/ +$//; s/127\.0\.0\.1:[0-9]+/127.0.0.1:8080/g; s#$work/$size#/srv/migration#g" | cat -s > "$out/$size-$1.txt"; }
fresh() { keys C-l; sleep 0.2; tmux -L walk clear-history; }

port=18490
for size in 80x24 120x40; do
	mkdir "$work/$size"
	port=$((port + 1))
	(cd "$work/$size" && echo 'id,email,given_name,organization' > users.csv &&
		for i in $(seq 1 900); do echo "$i,person$i@example.com,Ana,acme"; done >> users.csv)
	"$work/bin/kinde-migrate" sandbox --live --listen "127.0.0.1:$port" --rate-limit 40 --latency 20ms > "$work/$size/env" 2> /dev/null &
	tenant=$!
	until grep -q SECRET "$work/$size/env"; do sleep 0.1; done
	tmux -L walk -f /dev/null new-session -d -x "${size%x*}" -y "${size#*x}" \
		"cd $work/$size; . ./env; export PATH=$work/bin:\$PATH PS1='\$ ' XDG_CONFIG_HOME=$work; exec bash --norc --noprofile -i"
	shown '^\$'
	keys 'kinde-migrate inspect users.csv' Enter; shown 'doctor users.csv$'; keep 1-inspect; fresh
	keys 'kinde-migrate doctor users.csv --fix' Enter; shown 'y/N'; keep 2-doctor-asks
	keys y Enter; shown 'canary users.csv$'; keep 3-doctor; fresh
	keys 'kinde-migrate import users.csv --dry-run' Enter; shown 'import users.csv$'; keep 4-dry-run; fresh
	keys 'kinde-migrate import users.csv' Enter; shown 'y/N'; sleep 2; keep 5-import-asks
	keys y Enter; shown 'left'; keep 6-import-at-work
	keys C-c; shown '^ +kinde-migrate import users.csv$'; keep 7-interrupted; fresh
	keys 'kinde-migrate resume' Enter; shown 'y/N'; keep 8-resume-asks
	keys y Enter; shown 'left'; keep 9-resumed
	shown 'reconcile --checkpoint users.csv.checkpoint'; keep 10-imported; fresh
	keys 'kinde-migrate reconcile users.csv' Enter; shown 'adoption --checkpoint'; keep 11-reconciled; fresh
	keys 'kinde-migrate status' Enter; shown 'finished'; keep 12-status; fresh
	keys 'kinde-migrate rollback --checkpoint users.csv.checkpoint' Enter; shown 'y/N'; sleep 1; keep 13-rollback-asks
	keys C-c; shown 'nothing was written'; keep 14-not-answered
	tmux -L walk kill-server
	kill "$tenant"; wait "$tenant" 2> /dev/null || true
	tenant=
done
