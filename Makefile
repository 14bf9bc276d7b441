# SPDX-License-Identifier: BSD-2-Clause
# 'make help' lists the targets. Variables: BUILD=release|debug|asan, CC, CXX, CFLAGS, LDFLAGS,
# PYTHON (what .venv is made from), N (records of the demonstration), FILE (a pickle for it to show),
# V=1 (show the commands),
# CI=true (warnings are errors). Of 'make bench': ONLY=T,D (workloads), PEERS=pickle,marshal,
# ROUNDS=7, FULL=1 (every operation of each peer), QUICK=1 (few records, to try it out).

BUILD ?= release
N ?= 1000000
OUT = build/$(BUILD)
PY = .venv/bin/python
Q = $(if $(V),,@)

export PYTHONNOUSERSITE = 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

# ---- Version: include/ladle/base.h has it ----

version_part = $(shell sed -n 's/.*define LADLE_VERSION_$(1) //p' include/ladle/base.h)
MAJOR := $(call version_part,MAJOR)
VERSION := $(MAJOR).$(call version_part,MINOR).$(call version_part,PATCH)

# ---- Flags ----

FLAGS_release = -O2 -g
FLAGS_debug = -O0 -g
FLAGS_asan = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
ifndef FLAGS_$(BUILD)
$(error BUILD is '$(BUILD)': it must be release, debug or asan)
endif

WERROR = $(if $(filter true,$(CI)),-Werror)
WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes $(WERROR)

# pkg-config is asked once, and not before tests/setup has installed it.
CODECS = $(eval CODECS := $(shell for package in libzstd liblz4 libdeflate; do \
             pkg-config --exists $$package && echo $$package; done))$(CODECS)
WITH_libzstd = -DLADLE_WITH_ZSTD
WITH_liblz4 = -DLADLE_WITH_LZ4
WITH_libdeflate = -DLADLE_WITH_LIBDEFLATE
pkg_flags = $(if $(2),$(shell pkg-config $(1) $(2)))

C_FLAGS = -std=c11 -pthread -fPIC -fvisibility=hidden $(WARNINGS) $(FLAGS_$(BUILD)) -Iinclude \
          $(foreach codec,$(CODECS),$(WITH_$(codec))) $(call pkg_flags,--cflags,$(CODECS)) $(CFLAGS)
LINK_FLAGS = -pthread $(FLAGS_$(BUILD)) $(LDFLAGS)
LIBS = -lz $(call pkg_flags,--libs,$(CODECS))
compile = $(Q)mkdir -p $(@D) && echo "  cc $<" && $(CC) $(C_FLAGS) $(1) -MMD -MP -c -o $@ $<

# ---- Sources ----

HEADERS = $(wildcard include/*.h include/ladle/*.h)
LIB_C = $(wildcard lib/*.c)
PYMODULE_C = $(wildcard pymodule/*.c)
TEST_C = $(wildcard tests/c/*.c)
EXAMPLE_C = $(wildcard examples/[0-9]*.c)
BENCH_C = $(wildcard tests/bench/c/*.c)
FUZZ_C = $(wildcard tests/fuzz/*.c)
C_FILES = $(LIB_C) $(PYMODULE_C) $(TEST_C) $(EXAMPLE_C) $(FUZZ_C)
H_FILES = $(HEADERS) $(wildcard lib/*.h pymodule/*.h tests/c/*.h tests/bench/c/*.h)
PACKAGE = setup.py pyproject.toml $(wildcard README.md pymodule/ladle/*.py* pymodule/ladle/*/*.py) $(PYMODULE_C) $(LIB_C) \
          $(filter-out tests/%,$(H_FILES))

objects = $(1:%.c=$(OUT)/%.o)
-include $(patsubst %.o,%.d,$(call objects,$(LIB_C) $(TEST_C)))

# ---- What is needed and not on this machine: see tests/setup ----

build/setup-%: tests/setup
	$(Q)mkdir -p build && tests/setup $* && touch $@
build/setup-ctest build/setup-lint build/setup-clang: | build/setup-lib
build/setup-arrow: | $(VENV)

# Stamps about .venv are kept in it, so that they go when it goes.
VENV = .venv/setup-python$(subst /,-,$(PYTHON))
$(VENV): tests/setup | build/setup-lib
	$(Q)PYTHON='$(PYTHON)' tests/setup python && touch $@
.venv/setup-demo .venv/setup-pytest: .venv/setup-%: tests/setup $(VENV)
	$(Q)tests/setup $* && touch $@

# A change of compiler or flags rebuilds; this file changes only when they do.
$(OUT)/flags: FORCE | build/setup-lib
	@mkdir -p $(OUT) && echo '$(CC) $(C_FLAGS) $(LINK_FLAGS) $(LIBS)' >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
FORCE:

# ---- The library ----

all: lib py ## the C library and the Python package
lib: static shared ## the C library, static and shared
static: $(OUT)/libladle.a ## build/release/libladle.a
shared: $(OUT)/libladle.so ## build/release/libladle.so

$(OUT)/lib/%.o: lib/%.c $(OUT)/flags
	$(call compile,-Wconversion)

$(OUT)/libladle.a: $(call objects,$(LIB_C))
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(OUT)/libladle.so: $(OUT)/libladle.so.$(MAJOR)
	$(Q)ln -sf $(<F) $@

$(OUT)/libladle.so.$(MAJOR): $(call objects,$(LIB_C)) $(OUT)/ladle.map
	$(Q)$(CC) -shared -Wl,-soname,$(@F),--version-script,$(OUT)/ladle.map $(LINK_FLAGS) -o $@ \
	    $(filter %.o,$^) $(LIBS)

include packaging/install.mk

# ---- Python ----

py: .venv/setup-ladle ## ladle installed in .venv

# setuptools would pack Python files that were deleted since, if they stayed in its folder, and
# what was compiled with other flags, such as without a codec.
.venv/setup-ladle: $(PACKAGE) $(OUT)/flags $(VENV)
	@echo "  pip install ."
	@rm -rf build/lib.*/ladle/*.py* build/lib.*/ladle/_*/
	@test $@ -nt $(OUT)/flags || rm -rf build/lib.* build/temp.*
	$(Q)CFLAGS='$(CFLAGS) $(WERROR)' $(PY) -m pip install -q --no-build-isolation --no-deps .
	@touch $@

demo: .venv/setup-demo .venv/setup-ladle ## the demonstration, N=1000000 records, or FILE=your.pkl
	$(Q)mkdir -p build/demo && $(PY) examples/demo/demo.py --count $(N) $(if $(FILE),--file '$(FILE)')

# ---- Tests ----

test: layers contracts exports headers test-c test-py test-examples test-install ## all tests but the slow ones of .ci/run

layers: ## who may include whom
	$(Q)$(or $(PYTHON),python3) tests/check-layers.py

contracts: ## each public function has its contract and its tests
	$(Q)$(or $(PYTHON),python3) tests/check-contracts.py

exports: $(OUT)/libladle.so ## the shared library exports what the headers say
	$(Q)CC='$(CC)' tests/check-exports $<

headers: $(OUT)/headers ## each public header compiles alone, as C and C++
$(OUT)/headers: $(HEADERS) $(OUT)/flags | build/setup-ctest
	$(Q)set -e; for header in $(HEADERS); do for std in c11 c17; do \
	    $(CC) -std=$$std -x c -fsyntax-only -Iinclude $(WARNINGS) -pedantic \
	        -include $$header /dev/null; done; \
	    $(CXX) -std=c++17 -x c++ -fsyntax-only -Iinclude -Wall -Wextra -pedantic $(WERROR) \
	        -include $$header /dev/null; done
	@echo "headers: $(words $(HEADERS)) compile alone" && touch $@

$(OUT)/tests/c/%.o: tests/c/%.c $(OUT)/flags | build/setup-ctest
	$(call compile,-Ilib $(call pkg_flags,--cflags,check))

$(OUT)/run-tests: $(call objects,$(TEST_C)) $(OUT)/libladle.a
	$(Q)$(CC) $(LINK_FLAGS) -o $@ $^ $(call pkg_flags,--libs,check) $(LIBS)

# Check's own limit of 4 seconds is too short for a busy machine; sanitizers want one process.
test-c: $(OUT)/run-tests ## the C tests
	$(Q)CK_DEFAULT_TIMEOUT=$(or $(TIMEOUT),120) $(if $(filter asan,$(BUILD)),CK_FORK=no CK_EXCLUDE_TAGS=forks) $(RUN) $<

test-py: .venv/setup-pytest .venv/setup-ladle ## the Python tests
	$(Q)$(PY) -m pytest -q tests/py

test-slow: $(OUT)/run-tests .venv/setup-pytest .venv/setup-ladle ## all damage to all files, and the Python tests, the slow ones too
	$(Q)LADLE_SLOW=1 CK_RUN_SUITE=spoiled $(RUN) $<
	$(Q)LADLE_SLOW=1 $(PY) -m pytest -q tests/py

# With the newest NumPy, those that take and give Arrow tables, and those that make classes.
ARROW_TESTS = tests/arrow $(patsubst %,tests/py/test_%.py,arrow convert extend_array numpy_values read_into \
                to_numpy)
test-arrow: build/setup-arrow .venv/setup-ladle ## NumPy 2, pyarrow, polars, pandas, duckdb, pydantic
	$(Q)build/arrow/venv/bin/python -m pip install -q --no-build-isolation --no-deps \
	    --force-reinstall .
	$(Q)build/arrow/venv/bin/python -m pytest -q $(ARROW_TESTS)

# Examples are built as users do it: against an installed tree.
STAGE = $(CURDIR)/$(OUT)/stage
$(OUT)/staged: $(OUT)/libladle.a $(OUT)/libladle.so $(HEADERS) packaging/install.mk
	$(Q)$(MAKE) --no-print-directory install PREFIX='$(STAGE)' && touch $@

EXAMPLE_PROGRAMS = $(EXAMPLE_C:%.c=$(OUT)/%)
$(EXAMPLE_PROGRAMS): $(OUT)/%: %.c examples/sample.h $(OUT)/staged
	$(Q)mkdir -p $(@D) && echo "  cc $<" && PKG_CONFIG_PATH='$(STAGE)/lib/pkgconfig' && \
	    export PKG_CONFIG_PATH && $(CC) -std=c11 $(WARNINGS) $(FLAGS_$(BUILD)) $(CFLAGS) -o $@ $< \
	    $$(pkg-config --cflags --libs ladle) -pthread -Wl,-rpath,'$(STAGE)/lib' $(LDFLAGS)

test-examples: $(EXAMPLE_PROGRAMS) .venv/setup-demo .venv/setup-ladle ## run the examples
	$(Q)tests/examples $(CURDIR)/$(OUT)/examples $(CURDIR)/$(PY)

test-stream: $(EXAMPLE_PROGRAMS) ## producer | filter | consumer: time and memory, GIB=4
	$(Q)tests/stream $(OUT)/examples $(or $(GIB),4) $(TIMES)

test-large: .venv/setup-ladle ## files of other formats through convert: memory and speed, GIB=1
	$(Q)$(PY) tests/large $(or $(GIB),1)

# Long loops take every 29th step, and what measures memory is left out: valgrind takes its time.
valgrind: $(OUT)/run-tests ## the C tests under valgrind
	$(Q)CK_FORK=no CK_DEFAULT_TIMEOUT=0 CK_EXCLUDE_TAGS="long forks" LADLE_TEST_STEP=29 valgrind -q \
	    --error-exitcode=1 --leak-check=full --show-leak-kinds=all $<

asan: ## the C tests with address and undefined-behaviour sanitizers
	$(Q)$(MAKE) --no-print-directory BUILD=asan test-c

# The extension with the address sanitizer, in a Python that does not know of it. What Python never
# gives back would be called a leak: tests/py/test_arrow_release.py counts those itself.
ASAN_PY = build/asan/py
ASAN_TESTS = $(patsubst %,tests/py/test_%.py,again arrow arrow_release extend_array numpy_values \
               read_into shared_keys to_numpy)
asan-py: .venv/setup-pytest $(VENV) ## objects from inside, Arrow and arrays with the address sanitizer
	$(Q)mkdir -p build/asan && CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined' $(PY) setup.py -q build \
	    --build-base $(ASAN_PY) --build-lib $(ASAN_PY)/lib 2>$(ASAN_PY).log || { cat $(ASAN_PY).log; exit 1; }
	$(Q)LD_PRELOAD="$$($(CC) -print-file-name=libasan.so)" ASAN_OPTIONS=detect_leaks=0 \
	    UBSAN_OPTIONS=halt_on_error=1 PYTHONMALLOC=malloc PYTHONPATH=$(ASAN_PY)/lib \
	    $(PY) -m pytest -q --capture=sys $(ASAN_TESTS)

# Coverage leads the fuzzer; it keeps in build/fuzz/found what led further, and begins with that.
fuzz: build/setup-fuzz .venv/setup-pytest ## what reads files, by clang's fuzzer: RUNTIME=60 seconds; 0: what it begins with
	$(Q)mkdir -p build/fuzz/found && $(PY) tests/fuzz/seeds.py build/fuzz/seeds && echo "  clang tests/fuzz" && \
	clang $(filter-out -O%,$(C_FLAGS)) -O1 -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=all -Ilib -o build/fuzz/fuzz tests/fuzz/fuzz.c tests/fuzz/fixed.c \
	    $(filter-out lib/checksum.c lib/entropy.c,$(LIB_C)) $(LIBS)
	$(Q)cd build/fuzz && ./fuzz $(if $(filter 0,$(RUNTIME)),-runs=0,-max_total_time=$(or $(RUNTIME),60)) \
	    -max_len=4096 -timeout=60 -verbosity=0 -print_final_stats=1 found seeds

# ---- Speed ----

BENCH = build/bench
BENCH_OPTIONS = $(if $(ONLY),--only '$(ONLY)') $(if $(PEERS),--peers '$(PEERS)') \
                $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(FULL),--full) $(if $(QUICK),--quick)
BENCH_VARIABLES = $(foreach name,ONLY PEERS ROUNDS FULL QUICK,$(if $($(name)),$(name)=$($(name))))

# What is there to compare with is known when tests/setup has run.
bench: $(BENCH)/venv/setup ## ladle beside its peers: speed, memory, file size
	$(Q)$(MAKE) --no-print-directory bench-run

# The C programs are those for whose library there is a package; msgpack-c has two names.
first_package = $(firstword $(foreach package,$(1),\
                    $(shell pkg-config --exists $(package) && echo $(package))))
PACKAGE_avro-c = avro-c
PACKAGE_msgpack-c = $(call first_package,msgpack-c msgpack)
PACKAGE_protobuf-c = $(if $(shell command -v protoc-c),libprotobuf-c)
BENCH_PEERS = $(foreach peer,avro-c msgpack-c protobuf-c,\
                  $(if $(call first_package,$(PACKAGE_$(peer))),$(peer)))
# Those of protobuf-c include what protoc-c makes.
BENCH_LINT = $(patsubst %,tests/bench/c/%.c,main ladle-file ladle ladle-rows plain $(filter-out protobuf-c,$(BENCH_PEERS)))
BENCH_PROGRAMS = $(patsubst %,$(BENCH)/c/%,ladle ladle-rows plain $(BENCH_PEERS))

bench-run: $(BENCH)/venv/setup-ladle $(BENCH)/c/programs .venv/setup-demo
	$(Q)$(PY) tests/bench/bench.py --python $(BENCH)/venv/bin/python --out $(BENCH) \
	    --command '$(strip make bench $(BENCH_VARIABLES))' $(BENCH_OPTIONS) --c $(BENCH_PROGRAMS)

$(BENCH)/venv/setup: tests/setup $(VENV)
	$(Q)tests/setup bench && touch $@

# The wheel that a user gets, in an environment without anything else of this project.
$(BENCH)/venv/setup-ladle: $(PACKAGE) $(OUT)/flags | .venv/setup-ladle
	@echo "  pip wheel ."
	$(Q)rm -rf $(BENCH)/wheel && \
	$(PY) -m pip wheel -q --no-build-isolation --no-deps -w $(BENCH)/wheel . && \
	$(BENCH)/venv/bin/python -m pip install -q --no-index --force-reinstall $(BENCH)/wheel/*.whl
	@touch $@

$(BENCH)/c/programs: $(BENCH_C) $(wildcard tests/bench/c/*) $(OUT)/libladle.a
	@echo "  cc $(notdir $(BENCH_PROGRAMS))" && mkdir -p $(@D)
	$(Q)$(if $(filter protobuf-c,$(BENCH_PEERS)),protoc-c -Itests/bench/c --c_out=$(@D) row.proto)
	$(Q)set -e; $(foreach peer,$(notdir $(BENCH_PROGRAMS)),\
	    $(CC) $(C_FLAGS) -I$(@D) $(call pkg_flags,--cflags,$(PACKAGE_$(peer))) $(LINK_FLAGS) \
	        -o $(@D)/$(peer) tests/bench/c/main.c tests/bench/c/$(peer).c \
        $(if $(filter ladle%,$(peer)),tests/bench/c/ladle-file.c) \
	        $(if $(filter protobuf-c,$(peer)),$(@D)/row.pb-c.c) $(OUT)/libladle.a \
	        $(call pkg_flags,--libs,$(PACKAGE_$(peer))) $(LIBS);)
	@touch $@

# ---- Style ----

lint: $(C_FILES:%=$(OUT)/lint/%) $(BENCH_LINT:%=$(OUT)/lint/%) format-check ## clang-tidy and clang-format have nothing to say
$(OUT)/lint/%: % $(H_FILES) .clang-tidy $(OUT)/flags | build/setup-lint $(VENV) build/setup-ctest
	@mkdir -p $(@D) && echo "  clang-tidy $<"
	$(Q)clang-tidy --quiet $< -- $(filter-out -Werror,$(C_FLAGS)) -Ilib \
	    $(call pkg_flags,--cflags,check) -isystem $(PYTHON_INCLUDE) 2>$@.log || \
	    { cat $@.log; exit 1; }
	@touch $@
PYTHON_INCLUDE = $(shell $(PY) -c 'import sysconfig; print(sysconfig.get_path("include"))')

format: build/setup-lint ## format the C files
	$(Q)clang-format -i $(C_FILES) $(BENCH_C) $(H_FILES)

format-check: build/setup-lint ## fail when a C file is not formatted
	$(Q)clang-format --dry-run --Werror $(C_FILES) $(BENCH_C) $(H_FILES)

# ---- Packing and cleaning ----

sdist: $(VENV) ## source distribution in build/dist
	$(Q)rm -rf build/dist *.egg-info && mkdir -p build/dist && \
	$(PY) -c 'import setuptools.build_meta as b; b.build_sdist("build/dist")' \
	    >build/sdist.log 2>&1 || { cat build/sdist.log; exit 1; }
	@ls build/dist/*.tar.gz

clean: ## remove what was built
	rm -rf build *.egg-info

distclean: clean ## remove .venv and caches too
	rm -rf .venv
	find . \( -name __pycache__ -o -name .hypothesis \) -prune -exec rm -rf {} +

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]* ## \(.*\)/\1\t\2/p' Makefile | expand -t 15

.PHONY: all lib static shared py demo test layers contracts exports headers test-c test-py \
        test-slow test-arrow test-examples test-large test-stream asan asan-py fuzz bench bench-run \
        lint format format-check sdist clean distclean help
