.PHONY: build test race bench memory pace fuzz chaos hostile sequences release real mutate

build:
	CGO_ENABLED=0 go build -trimpath -o kinde-migrate .

test:
	go test ./...

race:
	go test -race ./...

# Whole-process figures, beside the tools that one would use instead.
bench:
	go test -run '^$$' -bench . -benchmem ./...
	./scripts/bench.sh

# Hostile files of every kind, and how much memory a check and an import of each take.
MEGABYTES ?= 32
memory:
	KINDE_MEMORY_MB=$(MEGABYTES) go test ./bench -run HostileFiles -count=1 -v -timeout 6h

# What the learning gate makes of every tenant, on one core, into docs/pacing.md.
pace:
	GOMAXPROCS=1 KINDE_PACE_TABLE=write go test ./kinde/pace -run 'TestTable$$' -count=1 -timeout 30m -v

# Each parser for FUZZTIME.
FUZZTIME ?= 1m
fuzz:
	./scripts/fuzz.sh $(FUZZTIME)

# Thousands of kills at random instants, with faults on; full disks, signals, what lies in TMPDIR.
KILLS ?= 5000
chaos:
	KINDE_CHAOS_KILLS=$(KILLS) go test ./internal/chaos -run 'Chaos|Kill|Phases|FullDisk|Disturb|TMPDIR' -count=1 -timeout 6h -v

# Every wrong answer to every operation of every command, in virtual time.
hostile:
	KINDE_HOSTILE=all go test ./internal/chaos -run HostileTenant -count=1 -timeout 6h

# Random sources, imported again and again, before an oracle.
SEQUENCES ?= 10000
sequences:
	KINDE_SEQUENCES=$(SEQUENCES) go test ./internal/chaos -run Sequences -count=1 -timeout 3h

# One line broken at a time, in a seeded sample: does a test of its package fail?
MUTATIONS ?= 200
SEED ?= 1
mutate:
	KINDE_SWEEP=all go run ./scripts/mutate -n $(MUTATIONS) -seed $(SEED) ./internal/importer ./internal/engine ./internal/checkpoint \
		./internal/reconcile ./internal/mapping ./internal/password ./internal/tenant ./internal/exporter ./internal/backup ./internal/restore

# Static builds for six platforms with checksums and an SBOM in dist/.
release:
	./scripts/release.sh

# The exports of testdata/real anew, by the real software from the packages of Debian, npm and Go.
real:
	./scripts/realexports/make.sh
