#!/usr/bin/env bash
# Whole-process benchmarks: kinde-migrate beside what one would use instead, in
# one run, on the same files and tenants. Prints ratios. USERS, RATE, BURST and
# ROWS change the sizes, KINDE_MIGRATE names a binary that is built already. What is missing (node, npm, mlr, jq) is said and left out.
set -euo pipefail
cd "$(dirname "$0")/.."
users=${USERS:-500} rate=${RATE:-120} burst=${BURST:-20} rows=${ROWS:-200000}
work=$(mktemp -d)
sandbox=
cleanup() { [ -z "$sandbox" ] || kill "$sandbox" 2>/dev/null || true; rm -rf "$work"; }
trap cleanup EXIT
has() { command -v "$1" >/dev/null || { echo "left out: $2 needs $1 (Debian: apt-get install $3)"; return 1; }; }

tool=${KINDE_MIGRATE:-$work/kinde-migrate}
[ -n "${KINDE_MIGRATE:-}" ] || CGO_ENABLED=0 go build -o "$tool" .

# people FORMAT N FILE
people() {
	awk -v n="$2" -v format="$1" 'BEGIN {
		hash = "$2a$10$N9qo8uLOickgx2ZMRZoMye7YGr7uUPNV3SZBcYzoSWkkexSvRfk6W"
		if (format == "csv") print "id,email,email_verified,given_name,family_name,password_hash,created_at,city"
		for (i = 0; i < n; i++) {
			if (format == "csv") printf "usr-%07d,user%d@example.com,true,Ana,Example %d,%s,2024-05-01T10:00:00Z,Lisboa\n", i, i, i, hash
			else printf "{\"id\":\"usr-%07d\",\"email\":\"user%d@example.com\",\"email_verified\":true,\"given_name\":\"Ana\",\"family_name\":\"Example %d\",\"password_hash\":\"%s\"}\n", i, i, i, hash
		}
	}' >"$3"
}

# tenant starts a sandbox with the given limits and points the environment at it.
tenant() {
	: >"$work/env"
	"$tool" sandbox --listen 127.0.0.1:0 --tls --tls-dir "$work" --quiet "$@" >"$work/env" 2>"$work/sandbox.log" &
	sandbox=$!
	for _ in $(seq 100); do [ "$(grep -c export "$work/env")" -ge 3 ] && break; sleep 0.1; done
	eval "$(cat "$work/env")"
	export KINDE_CA_FILE=${KINDE_CA_FILE:-$(ls "$work"/*.pem | head -1)}
	export NODE_EXTRA_CA_CERTS=$KINDE_CA_FILE
}
stop() { kill "$sandbox"; wait "$sandbox" 2>/dev/null || true; sandbox=; }
seconds() { local s e; s=$(date +%s.%N); "$@" >"$work/out" 2>"$work/err" || true; e=$(date +%s.%N); awk "BEGIN{printf \"%.2f\", $e-$s}"; }

echo "== Import of $users users with password hashes; the tenant allows $rate requests a second, burst $burst"
people ndjson "$users" "$work/users.ndjson"
optimum=$(awk "BEGIN{printf \"%.1f\", (2*$users-$burst)/$rate}")
echo "fewest requests: two a user, $((2 * users)); at the limit that takes $optimum s"
row() { printf '%-34s %9s %10s %6s %9s %9s\n' "$@"; }
row "" requests throttled lost seconds "x optimum"
if has jq "the comparison of imports" jq; then
	tenant --rate-limit "$rate" --burst "$burst"
	t=$(seconds "$tool" import "$work/users.ndjson" --yes --json --quiet)
	row "kinde-migrate" "$(jq .api.calls "$work/out")" "$(jq .api.throttled "$work/out")" \
		"$(jq '.totals.records-.totals.created' "$work/out")" "$t" "$(awk "BEGIN{printf \"%.2f\", $t/$optimum}")"
	stop
	if has node "the vendor's SDK" nodejs && has npm "the vendor's SDK" npm; then
		cp -r bench/vendor-script "$work/vendor"
		(cd "$work/vendor" && npm ci --no-audit --no-fund --silent)
		for parallel in 1 10; do
			tenant --rate-limit "$rate" --burst "$burst"
			t=$(seconds node "$work/vendor/import.mjs" "$work/users.ndjson" "$parallel")
			row "script with the SDK, $parallel at a time" "$(jq .calls "$work/out")" "$(jq .throttled "$work/out")" \
				"$(jq .lost "$work/out")" "$t" "$(awk "BEGIN{printf \"%.2f\", $t/$optimum}")"
			stop
		done
	fi
fi

echo
echo "== Reading and checking $rows rows: addresses well formed, no duplicates, hashes of a known kind"
people csv "$rows" "$work/users.csv"
people ndjson "$rows" "$work/many.ndjson"
ratio() { printf '%-46s %8s s  x%s\n' "$1" "$2" "$(awk "BEGIN{printf \"%.2f\", $2/$3}")"; }
ours=$(seconds "$tool" validate "$work/users.csv" --json --quiet)
ratio "kinde-migrate validate, CSV" "$ours" "$ours"
if has mlr "the comparison with CSV" miller; then
	t=$(seconds mlr --icsv --ojson put -q '
		begin { @bad = 0; @hash = 0; @twice = 0; @seen = {} }
		if ($email !=~ "^[^@ ]+@[^@ ]+[.][^@ ]+$") { @bad += 1 }
		if ($password_hash !=~ "^[$]2[abxy][$][0-9][0-9][$][./A-Za-z0-9]{53}$") { @hash += 1 }
		e = tolower($email);
		if (is_present(@seen[e])) { @twice += 1 } else { @seen[e] = 1 }
		end { print @bad . " " . @hash . " " . @twice }' "$work/users.csv")
	[ -s "$work/out" ] || { cat "$work/err"; exit 1; }
	ratio "mlr, the same checks" "$t" "$ours"
fi
ours=$(seconds "$tool" validate "$work/many.ndjson" --json --quiet)
ratio "kinde-migrate validate, NDJSON" "$ours" "$ours"
if has jq "the comparison with NDJSON" jq; then
	t=$(seconds jq -s '{
		bad: (map(select(.email | test("^[^@ ]+@[^@ ]+\\.[^@ ]+$") | not)) | length),
		hash: (map(select(.password_hash | test("^\\$2[abxy]\\$[0-9]{2}\\$[./A-Za-z0-9]{53}$") | not)) | length),
		twice: (length - (map(.email | ascii_downcase) | unique | length))}' "$work/many.ndjson")
	[ -s "$work/out" ] || { cat "$work/err"; exit 1; }
	ratio "jq, the same checks" "$t" "$ours"
fi

echo
echo "== How cost grows (MOST=1000000 adds a third size, which takes some minutes)"
# grow WHAT N SECONDS
grow() {
	each=$(awk "BEGIN{printf \"%.1f\", 1e6*$3/$2}")
	first=${first:-$each}
	printf '%-8s %8d users: %7s s, %7s µs a user, x%s of the first\n' "$1" "$2" "$3" "$each" "$(awk "BEGIN{printf \"%.2f\", $each/$first}")"
}
first=
for n in 10000 100000 ${MOST:-}; do
	people ndjson "$n" "$work/grow.ndjson"
	rm -rf "$work"/grow.ndjson.*
	grow validate "$n" "$(seconds "$tool" validate "$work/grow.ndjson" --json --quiet)"
done
if has jq "the growth of imports" jq; then
	first=
	for n in 10000 100000 ${MOST:-}; do
		people ndjson "$n" "$work/grow.ndjson"
		rm -rf "$work"/grow.ndjson.*
		tenant
		grow import "$n" "$(seconds "$tool" import "$work/grow.ndjson" --yes --json --quiet)"
		[ "$(jq .totals.created "$work/out")" = "$n" ] || { cat "$work/err"; exit 1; }
		stop
	done
fi
