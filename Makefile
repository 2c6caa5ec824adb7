# The two commands of the README. Each says what it installs before it does, and installs only
# what is missing; everything else is `cargo xtask`.

.PHONY: help run test need-cc

# With `make` alone a reader learns the two commands instead of starting a server.
.DEFAULT_GOAL := help
help:
	@echo "make run    build Hayloft and serve on http://127.0.0.1:8080, with data in ./data"
	@echo "make test   everything CI checks: lints, documentation, tests on SQLite, PostgreSQL, disk and S3"

run: need-cc
	@echo "make run: building the release (the first time takes some minutes)"
	cargo build --release --locked --package hayloft
	@echo "make run: serving on http://127.0.0.1:8080, data in ./data, Ctrl-C stops"
	exec ./target/release/hayloft serve --data data --listen 127.0.0.1:8080

test: need-cc
	@echo "make test: lints, documentation, tests; needs about 20 minutes on two cores when nothing is built yet"
	cargo xtask ci

# SQLite and the cryptography behind TLS are compiled from C.
need-cc:
	@command -v cargo >/dev/null || { echo "Rust is missing: see https://rustup.rs"; exit 1; }
	@command -v cc >/dev/null || { \
		echo "make: a C compiler is missing: installing build-essential with apt-get"; \
		SUDO=$$([ "$$(id -u)" = 0 ] || echo sudo); \
		$$SUDO apt-get update && $$SUDO apt-get install -y --no-install-recommends build-essential; }
