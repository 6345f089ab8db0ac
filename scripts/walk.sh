#!/usr/bin/env bash
# Walks through a migration on real terminals (tmux, 80x24 and 120x40): guide, canary,
# questions, Ctrl-C, resume, rollback. What stands on the screen at each stop is kept in
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
rm -f "$out"/*x*-*.txt

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
keep() { # NAME: the screen, without what differs from walk to walk
	stop=$((stop + 1))
	tmux -L walk capture-pane -p | sed -E "s/ +$//; s/Canary-[A-Z0-9]+-7/Canary-ABCDEFGHJKLM-7/; s/canary-([a-z0-9-]+)-[a-z0-9]+@/canary-\1-abcdefgh@/; s/127\.0\.0\.1:[0-9]+/127.0.0.1:8080/g; s#$work/$size#/srv/migration#g" | cat -s > "$out/$size-$(printf %02d "$stop")-$1.txt"
}
# sign_in signs the throw-away user on the screen in, as a person does.
sign_in() {
	local screen who password
	screen=$(tmux -L walk capture-pane -p)
	who=$(grep -oE '[^ ]+@example\.com' <<< "$screen" | tail -1)
	password=$(grep -oE 'Canary-[A-Z0-9]+-7' <<< "$screen" | tail -1)
	curl -s -d "{\"identity\":\"$who\",\"password\":\"$password\"}" "http://127.0.0.1:$port/sandbox/sign-in" > /dev/null
}
fresh() { keys C-l; sleep 0.2; tmux -L walk clear-history; }

port=18490
for size in 80x24 120x40; do
	mkdir "$work/$size"
	port=$((port + 1))
	stop=0
	hash='$2a$10$.om5/qjFOMSAiD7fnVwaie/EMEHZE91FrViqR2z/LwLT/FF01tJzK'
	(cd "$work/$size" && echo 'id,email,given_name,organization,password_hash' > users.csv &&
		for i in $(seq 1 900); do echo "$i,person$i@example.com,Ana,acme,$hash"; done >> users.csv)
	"$work/bin/kinde-migrate" sandbox --live --listen "127.0.0.1:$port" --rate-limit 40 --latency 20ms > "$work/$size/env" 2> /dev/null &
	tenant=$!
	until grep -q SECRET "$work/$size/env"; do sleep 0.1; done
	tmux -L walk -f /dev/null new-session -d -x "${size%x*}" -y "${size#*x}" \
		"cd $work/$size; . ./env; export PATH=$work/bin:\$PATH PS1='\$ ' XDG_CONFIG_HOME=$work; exec bash --norc --noprofile -i"
	shown '^\$'
	keys 'kinde-migrate inspect users.csv' Enter; shown 'doctor users.csv$'; keep inspect; fresh
	keys 'kinde-migrate guide users.csv' Enter; shown 'Domain of the tenant'; keep guide-asks
	keys Enter; shown 'Your choice'; keep guide-choice
	keys Enter; shown 'Y/n'; keys Enter; shown 'validate --options migration.yaml$'; keep guide; fresh
	keys 'kinde-migrate doctor users.csv --fix' Enter; shown 'y/N'; keep doctor-asks
	keys y Enter; shown 'canary users.csv$'; keep doctor; fresh
	keys 'kinde-migrate canary users.csv' Enter; shown 'y/N'; keep canary-asks
	keys y Enter; shown 'The password of each'; keep canary; sign_in; shown 'import users.csv --dry-run$|import --dry-run users.csv$'; keep canary-proved; fresh
	keys 'kinde-migrate import users.csv --dry-run' Enter; shown 'import users.csv$'; keep dry-run; fresh
	keys 'kinde-migrate import users.csv' Enter; shown 'y/N'; sleep 2; keep import-asks
	keys y Enter; shown 'left'; keep import-at-work
	keys C-c; shown '^ +kinde-migrate import users.csv$'; keep interrupted; fresh
	keys 'kinde-migrate resume' Enter; shown 'y/N'; keep resume-asks
	keys y Enter; shown 'left'; keep resumed
	shown 'reconcile --checkpoint users.csv.checkpoint'; keep imported; fresh
	keys 'kinde-migrate reconcile users.csv' Enter; shown 'adoption --checkpoint'; keep reconciled; fresh
	keys 'kinde-migrate status' Enter; shown 'finished'; keep status; fresh
	keys 'kinde-migrate rollback --checkpoint users.csv.checkpoint' Enter; shown 'y/N'; sleep 1; keep rollback-asks
	keys C-c; shown 'nothing was written'; keep not-answered
	tmux -L walk kill-server
	kill "$tenant"; wait "$tenant" 2> /dev/null || true
	tenant=
done
