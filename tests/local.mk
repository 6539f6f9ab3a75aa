# Each test is run by tests/launch: those in _mpi_test at 1 to 4 ranks.
TEST_EXTENSIONS = .sh
LOG_COMPILER = $(srcdir)/tests/launch
SH_LOG_COMPILER = $(srcdir)/tests/launch
AM_TESTS_ENVIRONMENT = srcdir='$(srcdir)'; export srcdir; PACKAGE_VERSION='$(PACKAGE_VERSION)'; export PACKAGE_VERSION;
LDADD = tests/libsupport.a $(libraries) $(CMOCKA_LIBS)

check_LIBRARIES += tests/libsupport.a
tests_libsupport_a_SOURCES = 	tests/config/config_sample.h 	tests/data/data_files.c 	tests/data/data_files.h 	tests/mpi_support.c 	tests/mpi_support.h

# What has no real numbers in it.
check_PROGRAMS += \
	tests/base/files_test \
	tests/base/memory_test \
	tests/base/rng_test \
	tests/base/status_test \
	tests/base/text_test \
	tests/comm/comm_mpi_test \
	tests/comm/window_mpi_test \
	tests/config/config_test \
	tests/config/config_write_test \
	tests/data/check_test \
	tests/data/import_idx_test \
	tests/data/rows_test \
	tests/data/shards_test \
	tests/data/source_test \
	tests/data/split_test \
	tests/reduce/tree_test \
	tests/store/store_damage_test \
	tests/store/store_foreign_test \
	tests/store/store_test

# The numerics, in both precisions.
check_PROGRAMS += tests/data/batch_single_test
tests_data_batch_single_test_SOURCES = tests/data/batch_test.c
tests_data_batch_single_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
check_PROGRAMS += tests/data/batch_double_test
tests_data_batch_double_test_SOURCES = tests/data/batch_test.c
tests_data_batch_double_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
check_PROGRAMS += tests/model/init_single_test
tests_model_init_single_test_SOURCES = tests/model/init_test.c
tests_model_init_single_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
check_PROGRAMS += tests/model/init_double_test
tests_model_init_double_test_SOURCES = tests/model/init_test.c
tests_model_init_double_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
check_PROGRAMS += tests/model/layers_single_test
tests_model_layers_single_test_SOURCES = tests/model/layers_test.c
tests_model_layers_single_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
check_PROGRAMS += tests/model/layers_double_test
tests_model_layers_double_test_SOURCES = tests/model/layers_test.c
tests_model_layers_double_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
check_PROGRAMS += tests/model/loss_single_test
tests_model_loss_single_test_SOURCES = tests/model/loss_test.c
tests_model_loss_single_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
check_PROGRAMS += tests/model/loss_double_test
tests_model_loss_double_test_SOURCES = tests/model/loss_test.c
tests_model_loss_double_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
check_PROGRAMS += tests/model/model_single_test
tests_model_model_single_test_SOURCES = tests/model/model_test.c
tests_model_model_single_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
check_PROGRAMS += tests/model/model_double_test
tests_model_model_double_test_SOURCES = tests/model/model_test.c
tests_model_model_double_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
check_PROGRAMS += tests/optimizer/optimizer_single_test
tests_optimizer_optimizer_single_test_SOURCES = tests/optimizer/optimizer_test.c
tests_optimizer_optimizer_single_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
check_PROGRAMS += tests/optimizer/optimizer_double_test
tests_optimizer_optimizer_double_test_SOURCES = tests/optimizer/optimizer_test.c
tests_optimizer_optimizer_double_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
check_PROGRAMS += tests/reduce/reduce_single_mpi_test
tests_reduce_reduce_single_mpi_test_SOURCES = tests/reduce/reduce_mpi_test.c
tests_reduce_reduce_single_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
check_PROGRAMS += tests/reduce/reduce_double_mpi_test
tests_reduce_reduce_double_mpi_test_SOURCES = tests/reduce/reduce_mpi_test.c
tests_reduce_reduce_double_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)

TESTS += $(check_PROGRAMS)

# The program as a whole.
EXTRA_DIST += tests/launch tests/lsan.supp
