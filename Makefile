# The verbs. Each one installs what it needs (tools/install-deps), and hands over to the tool that
# does the work: meson and ninja build, tools/run-tests tests, bench/ measures, examples/demo runs.
#   make run SECONDS=20     the demo, by itself, for about that long     make run DB=mariadb
BUILD ?= build
SECONDS ?=
DB ?= tcp
PREFIX ?= /usr/local
PYTHON = /usr/bin/python3

.PHONY: all run test test-long bench lint fuzz docs install clean deps

all: deps
	@[ -f $(BUILD)/build.ninja ] || meson setup $(BUILD) --prefix=$(PREFIX) >/dev/null
	@ninja -C $(BUILD) --quiet relais relaisctl

deps:
	@tools/install-deps build

run: all
	@tools/install-deps run $(if $(filter mariadb,$(DB)),db)
	@$(PYTHON) examples/demo/demo.py --relais $(BUILD)/relais --db $(DB) \
		$(if $(SECONDS),--seconds $(SECONDS))

test:
	@tools/install-deps test
	@tools/run-tests

test-long:
	@tools/install-deps test
	@tools/run-tests --long

bench: all
	@tools/install-deps bench
	@$(PYTHON) bench/balancer.py --relais $(BUILD)/relais
	@$(PYTHON) tests/lab/report.py --relais $(BUILD)/relais
	@$(PYTHON) bench/failover_scale.py --relais $(BUILD)/relais --out bench/results/failover_scale.md

lint:
	@tools/install-deps test
	@tools/run-tests --only check

fuzz:
	@tools/install-deps test
	@tools/run-tests --only fuzz --fuzz-seconds 30

docs: all
	@tools/gen-docs $(BUILD)/relais > $(BUILD)/keywords.md
	@echo $(BUILD)/keywords.md

install: all
	@meson install -C $(BUILD) --no-rebuild --quiet

clean:
	@rm -rf build build-asan build-clang build-fuzz build-tsan
