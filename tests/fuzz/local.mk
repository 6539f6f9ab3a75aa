# Harnesses for libFuzzer: `make fuzzers`, with CC=clang and CFLAGS that have -fsanitize=fuzzer-no-link, as scripts/fuzz
# does. `make check` hands them their seeds, and changed copies of these.
fuzz_common = tests/fuzz/fuzz.c tests/fuzz/fuzz.h tests/fuzz/mend.c
fuzz_config = tests/fuzz/fuzz_config.c $(fuzz_common)
fuzz_data = tests/fuzz/fuzz_data.c $(fuzz_common)
fuzz_checkpoint = tests/fuzz/fuzz_checkpoint.c tests/fuzz/fuzz_tensors.c tests/fuzz/fuzz_tensors.h $(fuzz_common)
fuzz_idx = tests/fuzz/fuzz_idx.c $(fuzz_common)
fuzz_import = tests/fuzz/fuzz_import.c $(fuzz_common)

fuzzers = tests/fuzz/fuzz_config tests/fuzz/fuzz_data tests/fuzz/fuzz_checkpoint tests/fuzz/fuzz_idx \
	tests/fuzz/fuzz_import
EXTRA_PROGRAMS += $(fuzzers)
CLEANFILES += $(fuzzers)
tests_fuzz_fuzz_config_SOURCES = $(fuzz_config)
tests_fuzz_fuzz_config_CPPFLAGS = $(AM_CPPFLAGS) $(single)
tests_fuzz_fuzz_config_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_data_SOURCES = $(fuzz_data)
tests_fuzz_fuzz_data_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_checkpoint_SOURCES = $(fuzz_checkpoint)
tests_fuzz_fuzz_checkpoint_CPPFLAGS = $(AM_CPPFLAGS) $(single)
tests_fuzz_fuzz_checkpoint_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_idx_SOURCES = $(fuzz_idx)
tests_fuzz_fuzz_idx_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_import_SOURCES = $(fuzz_import)
tests_fuzz_fuzz_import_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

fuzzers: $(fuzzers) tests/fuzz/make_seeds
.PHONY: fuzzers

check_PROGRAMS += tests/fuzz/make_seeds tests/fuzz/replay_config tests/fuzz/replay_data tests/fuzz/replay_checkpoint \
	tests/fuzz/replay_idx tests/fuzz/replay_import
tests_fuzz_make_seeds_SOURCES = tests/fuzz/make_seeds.c tests/fuzz/fuzz_tensors.c tests/fuzz/fuzz_tensors.h $(fuzz_common)
tests_fuzz_replay_config_SOURCES = tests/fuzz/replay.c $(fuzz_config)
tests_fuzz_replay_config_CPPFLAGS = $(AM_CPPFLAGS) $(single)
tests_fuzz_replay_data_SOURCES = tests/fuzz/replay.c $(fuzz_data)
tests_fuzz_replay_data_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_GUARDED
tests_fuzz_replay_checkpoint_SOURCES = tests/fuzz/replay.c $(fuzz_checkpoint)
tests_fuzz_replay_checkpoint_CPPFLAGS = $(AM_CPPFLAGS) $(single) -DFUZZ_GUARDED
tests_fuzz_replay_idx_SOURCES = tests/fuzz/replay.c $(fuzz_idx)
tests_fuzz_replay_import_SOURCES = tests/fuzz/replay.c $(fuzz_import)
TESTS += tests/fuzz/fuzz_test.sh
EXTRA_DIST += \
	scripts/fuzz \
	tests/fuzz/config.dict \
	tests/fuzz/fuzz_test.sh \
	tests/fuzz/seeds/config/errors.ini \
	tests/fuzz/seeds/config/overrides \
	tests/fuzz/seeds/config/windows.ini
