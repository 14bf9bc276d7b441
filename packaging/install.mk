# SPDX-License-Identifier: BSD-2-Clause
# Installing the C library, and the same in a single file. Variables: PREFIX, LIBDIR, INCLUDEDIR,
# MANDIR, BINDIR, DESTDIR. What is put where is said by the three lists below, and only there.

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
BINDIR ?= $(PREFIX)/bin
INSTALL ?= install

CMAKEDIR = $(LIBDIR)/cmake/ladle
FILLED = ladle.pc ladle-config.cmake ladle-config-version.cmake
SHARED = libladle.so.$(VERSION)

# Their values go into the files that are filled in, so those are made anew each time.
substitutions = -e 's|@PREFIX@|$(PREFIX)|g' -e 's|@LIBDIR@|$(LIBDIR)|g' \
                -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|g' -e 's|@VERSION@|$(VERSION)|g' \
                -e 's|@MAJOR@|$(MAJOR)|g' -e 's|@REQUIRES@|zlib $(CODECS)|g' \
                -e 's|@LIBS@|-pthread;$(subst $() ,;,$(strip $(LIBS)))|g'

# The command is left alone where the Python package has put its own.
is_launcher = grep -q 'see ladle(1)' '$(DESTDIR)$(BINDIR)/ladle' 2>/dev/null

install: lib ## headers, libraries, man pages, files for pkg-config and CMake: PREFIX= DESTDIR=
	$(Q)$(INSTALL) -d '$(DESTDIR)$(INCLUDEDIR)/ladle' '$(DESTDIR)$(LIBDIR)/pkgconfig' \
	    '$(DESTDIR)$(CMAKEDIR)' '$(DESTDIR)$(MANDIR)/man1' '$(DESTDIR)$(MANDIR)/man3' \
	    '$(DESTDIR)$(BINDIR)'
	$(Q)$(INSTALL) -m 644 include/ladle.h '$(DESTDIR)$(INCLUDEDIR)'
	$(Q)$(INSTALL) -m 644 include/ladle/*.h '$(DESTDIR)$(INCLUDEDIR)/ladle'
	$(Q)$(INSTALL) -m 644 $(OUT)/libladle.a '$(DESTDIR)$(LIBDIR)'
	$(Q)$(INSTALL) -m 755 $(OUT)/libladle.so.$(MAJOR) '$(DESTDIR)$(LIBDIR)/$(SHARED)'
	$(Q)ln -sf $(SHARED) '$(DESTDIR)$(LIBDIR)/libladle.so.$(MAJOR)'
	$(Q)ln -sf libladle.so.$(MAJOR) '$(DESTDIR)$(LIBDIR)/libladle.so'
	$(Q)for file in $(FILLED); do \
	    sed $(substitutions) packaging/$$file.in >$(OUT)/$$file || exit 1; done
	$(Q)$(INSTALL) -m 644 $(OUT)/ladle.pc '$(DESTDIR)$(LIBDIR)/pkgconfig'
	$(Q)$(INSTALL) -m 644 $(OUT)/ladle-config.cmake $(OUT)/ladle-config-version.cmake \
	    '$(DESTDIR)$(CMAKEDIR)'
	$(Q)$(INSTALL) -m 644 packaging/ladle.1 '$(DESTDIR)$(MANDIR)/man1'
	$(Q)$(INSTALL) -m 644 packaging/ladle.3 '$(DESTDIR)$(MANDIR)/man3'
	$(Q)test -e '$(DESTDIR)$(BINDIR)/ladle' && ! $(is_launcher) || \
	    $(INSTALL) -m 755 packaging/ladle.sh '$(DESTDIR)$(BINDIR)/ladle'

uninstall: ## remove what 'make install' with the same variables put there
	$(Q)! $(is_launcher) || rm -f '$(DESTDIR)$(BINDIR)/ladle'
	$(Q)rm -f '$(DESTDIR)$(INCLUDEDIR)/ladle.h' '$(DESTDIR)$(LIBDIR)/pkgconfig/ladle.pc' \
	    '$(DESTDIR)$(LIBDIR)/libladle.a' '$(DESTDIR)$(LIBDIR)/libladle.so' \
	    '$(DESTDIR)$(LIBDIR)/libladle.so.$(MAJOR)' '$(DESTDIR)$(LIBDIR)/$(SHARED)' \
	    '$(DESTDIR)$(MANDIR)/man1/ladle.1' '$(DESTDIR)$(MANDIR)/man3/ladle.3'
	$(Q)rm -rf '$(DESTDIR)$(INCLUDEDIR)/ladle' '$(DESTDIR)$(CMAKEDIR)'

# The version script gives every function its symbol version and hides the rest.
$(OUT)/ladle.map: $(HEADERS) packaging/list-functions $(OUT)/flags
	$(Q){ echo 'LADLE_$(MAJOR) { global:'; CC='$(CC)' packaging/list-functions | sed 's/$$/;/'; \
	    echo 'local: *; };'; } >$@

amalgamation: build/amalgamation/ladle.c ## the library as build/amalgamation/ladle.c and ladle.h
build/amalgamation/ladle.c: packaging/amalgamate.py $(HEADERS) $(LIB_C) $(wildcard lib/*.h) \
                            lib/layers.txt
	$(Q)mkdir -p $(@D) && $(or $(PYTHON),python3) packaging/amalgamate.py $(@D)

test-install: lib build/amalgamation/ladle.c ## programs built against an installed tree
	$(Q)MAKE='$(MAKE)' CC='$(CC)' CXX='$(CXX)' tests/install

# Against the library of the latest tag: what was there must still be there, and mean the same.
abi-check: $(OUT)/libladle.so ## abidiff against the latest tag
	$(Q)tests/abi-check $<

.PHONY: install uninstall amalgamation test-install abi-check
