# Each test is run by tests/launch: those in _mpi_test at 1 to 4 ranks.
TEST_EXTENSIONS = .sh
LOG_COMPILER = $(srcdir)/tests/launch
SH_LOG_COMPILER = $(srcdir)/tests/launch
AM_TESTS_ENVIRONMENT = srcdir='$(srcdir)'; export srcdir; PACKAGE_VERSION='$(PACKAGE_VERSION)'; export PACKAGE_VERSION; CC='$(CC)'; export CC;
LDADD = tests/libsupport.a $(libraries) $(CMOCKA_LIBS)

check_LIBRARIES += tests/libsupport.a
tests_libsupport_a_SOURCES = \
	tests/checkpoint/checkpoint_support.h \
	tests/config/config_sample.h \
	tests/data/data_files.c \
	tests/data/data_files.h \
	tests/import/import_expect.h \
	tests/import/import_support.h \
	tests/mpi_support.c \
	tests/mpi_support.h \
	tests/reference/deviation.c \
	tests/reference/deviation.h

# What has no real numbers in it.
test_programs = \
	tests/base/blas_test \
	tests/base/crc32c_test \
	tests/base/files_test \
	tests/base/hash_test \
	tests/base/lines_test \
	tests/base/memory_test \
	tests/base/options_test \
	tests/base/process_test \
	tests/base/protobuf_test \
	tests/base/rng_test \
	tests/base/status_test \
	tests/base/terminal_test \
	tests/base/text_test \
	tests/checkpoint/checkpoint_test \
	tests/checkpoint/damage_test \
	tests/checkpoint/rundir_test \
	tests/checkpoint/writer_test \
	tests/comm/comm_mpi_test \
	tests/comm/watch_mpi_test \
	tests/comm/window_mpi_test \
	tests/config/config_test \
	tests/config/config_write_test \
	tests/data/catalogue_test \
	tests/data/check_test \
	tests/data/deal_test \
	tests/data/dealer_mpi_test \
	tests/data/digest_test \
	tests/data/permutation_test \
	tests/data/normalize_test \
	tests/data/rows_test \
	tests/data/shards_test \
	tests/data/source_test \
	tests/data/split_test \
	tests/data/survey_mpi_test \
	tests/import/csv_test \
	tests/import/idx_test \
	tests/import/libsvm_test \
	tests/import/npy_test \
	tests/import/numbers_test \
	tests/import/placement_test \
	tests/import/split_test \
	tests/log/bar_test \
	tests/log/chart_test \
	tests/log/confusion_test \
	tests/log/events_test \
	tests/log/metrics_test \
	tests/log/paragraph_test \
	tests/log/timeline_mpi_test \
	tests/log/times_mpi_test \
	tests/reduce/tree_test \
	tests/schedule/schedule_test \
	tests/store/store_damage_test \
	tests/store/store_foreign_test \
	tests/store/store_test \
	tests/train/advice_test \
	tests/train/diagnosis_test \
	tests/train/find_lr_test \
	tests/train/forecast_test \
	tests/train/halt_mpi_test \
	tests/train/plan_options_test

# The numerics, in both precisions.
test_programs += tests/data/batch_single_test
tests_data_batch_single_test_SOURCES = tests/data/batch_test.c
tests_data_batch_single_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
test_programs += tests/data/batch_double_test
tests_data_batch_double_test_SOURCES = tests/data/batch_test.c
tests_data_batch_double_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
test_programs += tests/export/export_single_test
tests_export_export_single_test_SOURCES = tests/export/export_test.c
tests_export_export_single_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
tests_export_export_single_test_LDADD = $(LDADD) -ldl
test_programs += tests/export/export_double_test
tests_export_export_double_test_SOURCES = tests/export/export_test.c
tests_export_export_double_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
tests_export_export_double_test_LDADD = $(LDADD) -ldl
EXTRA_DIST += tests/export/check_onnx.py
test_programs += tests/inference/job_single_test
tests_inference_job_single_test_SOURCES = tests/inference/job_test.c
tests_inference_job_single_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
test_programs += tests/inference/job_double_test
tests_inference_job_double_test_SOURCES = tests/inference/job_test.c
tests_inference_job_double_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
test_programs += tests/model/accumulate_single_test
tests_model_accumulate_single_test_SOURCES = tests/model/accumulate_test.c
tests_model_accumulate_single_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
test_programs += tests/model/accumulate_double_test
tests_model_accumulate_double_test_SOURCES = tests/model/accumulate_test.c
tests_model_accumulate_double_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
test_programs += tests/model/dropout_single_test
tests_model_dropout_single_test_SOURCES = tests/model/dropout_test.c
tests_model_dropout_single_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
test_programs += tests/model/dropout_double_test
tests_model_dropout_double_test_SOURCES = tests/model/dropout_test.c
tests_model_dropout_double_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
test_programs += tests/model/embedding_single_test
tests_model_embedding_single_test_SOURCES = tests/model/embedding_test.c tests/model/model_support.h
tests_model_embedding_single_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
test_programs += tests/model/embedding_double_test
tests_model_embedding_double_test_SOURCES = tests/model/embedding_test.c tests/model/model_support.h
tests_model_embedding_double_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
test_programs += tests/model/init_single_test
tests_model_init_single_test_SOURCES = tests/model/init_test.c
tests_model_init_single_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
test_programs += tests/model/init_double_test
tests_model_init_double_test_SOURCES = tests/model/init_test.c
tests_model_init_double_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
test_programs += tests/model/layers_single_test
tests_model_layers_single_test_SOURCES = tests/model/layers_test.c
tests_model_layers_single_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
test_programs += tests/model/layers_double_test
tests_model_layers_double_test_SOURCES = tests/model/layers_test.c
tests_model_layers_double_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
test_programs += tests/model/loss_single_test
tests_model_loss_single_test_SOURCES = tests/model/loss_test.c
tests_model_loss_single_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
test_programs += tests/model/loss_double_test
tests_model_loss_double_test_SOURCES = tests/model/loss_test.c
tests_model_loss_double_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
test_programs += tests/model/model_settings_single_test
tests_model_model_settings_single_test_SOURCES = tests/model/model_settings_test.c tests/model/model_support.h
tests_model_model_settings_single_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
test_programs += tests/model/model_settings_double_test
tests_model_model_settings_double_test_SOURCES = tests/model/model_settings_test.c tests/model/model_support.h
tests_model_model_settings_double_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
test_programs += tests/model/model_single_test
tests_model_model_single_test_SOURCES = tests/model/model_test.c tests/model/model_support.h
tests_model_model_single_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
test_programs += tests/model/model_double_test
tests_model_model_double_test_SOURCES = tests/model/model_test.c tests/model/model_support.h
tests_model_model_double_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
test_programs += tests/optimizer/optimizer_single_test
tests_optimizer_optimizer_single_test_SOURCES = tests/optimizer/optimizer_test.c tests/optimizer/optimizer_steps.h
tests_optimizer_optimizer_single_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
test_programs += tests/optimizer/optimizer_double_test
tests_optimizer_optimizer_double_test_SOURCES = tests/optimizer/optimizer_test.c tests/optimizer/optimizer_steps.h
tests_optimizer_optimizer_double_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
test_programs += tests/reduce/reduce_single_mpi_test
tests_reduce_reduce_single_mpi_test_SOURCES = tests/reduce/reduce_mpi_test.c
tests_reduce_reduce_single_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
test_programs += tests/reduce/reduce_double_mpi_test
tests_reduce_reduce_double_mpi_test_SOURCES = tests/reduce/reduce_mpi_test.c
tests_reduce_reduce_double_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
test_programs += tests/reduce/rehearsal_single_test
tests_reduce_rehearsal_single_test_SOURCES = tests/reduce/rehearsal_test.c
tests_reduce_rehearsal_single_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
test_programs += tests/reduce/rehearsal_double_test
tests_reduce_rehearsal_double_test_SOURCES = tests/reduce/rehearsal_test.c
tests_reduce_rehearsal_double_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
train_support = tests/train/train_support.c tests/train/train_support.h
test_programs += tests/command/options_mpi_test
tests_command_options_mpi_test_SOURCES = tests/command/options_mpi_test.c $(train_support) $(commands)
tests_command_options_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
test_programs += tests/reference/trajectory_mpi_test
tests_reference_trajectory_mpi_test_SOURCES = tests/reference/trajectory_mpi_test.c $(train_support)
tests_reference_trajectory_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
test_programs += tests/reference/metrics_mpi_test
tests_reference_metrics_mpi_test_SOURCES = tests/reference/metrics_mpi_test.c $(train_support)
tests_reference_metrics_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
test_programs += tests/reference/optima_mpi_test
tests_reference_optima_mpi_test_SOURCES = tests/reference/optima_mpi_test.c $(train_support)
tests_reference_optima_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
references = batches inits layers losses metrics normalize optima optimizers schedules schedules_trained
reference_sets = breast_cancer diabetes digits iris wine
EXTRA_DIST += tests/reference/common.py tests/reference/loads.py $(references:%=tests/reference/%.py) $(references:%=tests/reference/%.txt)
test_programs += tests/inference/inference_single_mpi_test
tests_inference_inference_single_mpi_test_SOURCES = tests/inference/inference_mpi_test.c $(train_support)
tests_inference_inference_single_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
test_programs += tests/inference/inference_double_mpi_test
tests_inference_inference_double_mpi_test_SOURCES = tests/inference/inference_mpi_test.c $(train_support)
tests_inference_inference_double_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
test_programs += tests/train/gradcheck_mpi_test
tests_train_gradcheck_mpi_test_SOURCES = tests/train/gradcheck_mpi_test.c $(train_support)
tests_train_gradcheck_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
test_programs += tests/train/gradient_single_mpi_test
tests_train_gradient_single_mpi_test_SOURCES = tests/train/gradient_mpi_test.c $(train_support)
tests_train_gradient_single_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
test_programs += tests/train/gradient_double_mpi_test
tests_train_gradient_double_mpi_test_SOURCES = tests/train/gradient_mpi_test.c $(train_support)
tests_train_gradient_double_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
test_programs += tests/train/problem_single_mpi_test
tests_train_problem_single_mpi_test_SOURCES = tests/train/problem_mpi_test.c $(train_support)
tests_train_problem_single_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
test_programs += tests/train/problem_double_mpi_test
tests_train_problem_double_mpi_test_SOURCES = tests/train/problem_mpi_test.c $(train_support)
tests_train_problem_double_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
test_programs += tests/train/rehearse_single_mpi_test
tests_train_rehearse_single_mpi_test_SOURCES = tests/train/rehearse_mpi_test.c $(train_support)
tests_train_rehearse_single_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
test_programs += tests/train/rehearse_double_mpi_test
tests_train_rehearse_double_mpi_test_SOURCES = tests/train/rehearse_mpi_test.c $(train_support)
tests_train_rehearse_double_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
test_programs += tests/train/resume_single_mpi_test
tests_train_resume_single_mpi_test_SOURCES = tests/train/resume_mpi_test.c $(train_support)
tests_train_resume_single_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
test_programs += tests/train/resume_double_mpi_test
tests_train_resume_double_mpi_test_SOURCES = tests/train/resume_mpi_test.c $(train_support)
tests_train_resume_double_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
test_programs += tests/train/step_single_mpi_test
tests_train_step_single_mpi_test_SOURCES = tests/train/step_mpi_test.c $(train_support)
tests_train_step_single_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
test_programs += tests/train/step_double_mpi_test
tests_train_step_double_mpi_test_SOURCES = tests/train/step_mpi_test.c $(train_support)
tests_train_step_double_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
test_programs += tests/train/symptoms_mpi_test
tests_train_symptoms_mpi_test_SOURCES = tests/train/symptoms_mpi_test.c $(train_support)
tests_train_symptoms_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
test_programs += tests/train/verify_single_mpi_test
tests_train_verify_single_mpi_test_SOURCES = tests/train/verify_mpi_test.c $(train_support)
tests_train_verify_single_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
test_programs += tests/train/verify_double_mpi_test
tests_train_verify_double_mpi_test_SOURCES = tests/train/verify_mpi_test.c $(train_support)
tests_train_verify_double_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)
test_programs += tests/train/weights_single_mpi_test
tests_train_weights_single_mpi_test_SOURCES = tests/train/weights_mpi_test.c $(train_support)
tests_train_weights_single_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(single)
test_programs += tests/train/weights_double_mpi_test
tests_train_weights_double_mpi_test_SOURCES = tests/train/weights_mpi_test.c $(train_support)
tests_train_weights_double_mpi_test_CPPFLAGS = $(AM_CPPFLAGS) $(double)

check_PROGRAMS += $(test_programs)
TESTS += $(test_programs)

# The program as a whole, on files that make_data writes.
check_PROGRAMS += tests/run/make_data tests/run/print_data

# gdmpi, in which one call can be made to fail: see tests/faults/faults.h.
check_PROGRAMS += tests/faults/gdmpi_faults
tests_faults_gdmpi_faults_SOURCES = $(gdmpi_SOURCES) tests/faults/faults.c tests/faults/faults.h \
	tests/faults/repeat.c
nodist_tests_faults_gdmpi_faults_SOURCES = tests/faults/wrappers.c
tests_faults_gdmpi_faults_LDADD = $(libraries)
tests_faults_gdmpi_faults_LDFLAGS = $(AM_LDFLAGS) @tests/faults/flags
EXTRA_tests_faults_gdmpi_faults_DEPENDENCIES = tests/faults/flags
fault_table = $(srcdir)/tests/faults/calls
make_wrappers = $(srcdir)/tests/faults/make_wrappers
tests/faults/wrappers.c: $(fault_table) $(make_wrappers)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && bash $(make_wrappers) c $(fault_table) >$@.tmp && mv $@.tmp $@
tests/faults/flags: $(fault_table) $(make_wrappers)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && bash $(make_wrappers) flags $(fault_table) >$@.tmp && mv $@.tmp $@
CLEANFILES += tests/faults/wrappers.c tests/faults/flags
EXTRA_DIST += tests/faults/calls tests/faults/make_wrappers

run_tests = \
	tests/run/account_test.sh \
	tests/run/check_test.sh \
	tests/run/completion_test.sh \
	tests/run/configs_test.sh \
	tests/run/damage_test.sh \
	tests/run/diagnosis_test.sh \
	tests/run/diff_test.sh \
	tests/run/disk_test.sh \
	tests/run/disk_trouble_test.sh \
	tests/run/errors_config_test.sh \
	tests/run/errors_data_test.sh \
	tests/run/errors_run_test.sh \
	tests/run/evaluate_test.sh \
	tests/run/export_test.sh \
	tests/run/faults_test.sh \
	tests/run/find_lr_test.sh \
	tests/run/gradcheck_test.sh \
	tests/run/import_test.sh \
	tests/run/install_test.sh \
	tests/run/inspect_test.sh \
	tests/run/interrupt_test.sh \
	tests/run/kill_test.sh \
	tests/run/manual_test.sh \
	tests/run/names_test.sh \
	tests/run/normalize_test.sh \
	tests/run/pictures_test.sh \
	tests/run/predict_test.sh \
	tests/run/ranks_methods_test.sh \
	tests/run/ranks_test.sh \
	tests/run/reduce_test.sh \
	tests/run/reference_test.sh \
	tests/run/resume_test.sh \
	tests/run/rooms_test.sh \
	tests/run/same_test.sh \
	tests/run/schedule_test.sh \
	tests/run/scripts_test.sh \
	tests/run/shuffle_test.sh \
	tests/run/stop_test.sh \
	tests/run/tensorboard_test.sh \
	tests/run/torch_test.sh \
	tests/run/terminal_test.sh \
	tests/run/watch_test.sh
TESTS += $(run_tests)
EXTRA_DIST += tests/launch tests/lsan.supp tests/run/support.sh tests/run/check_events.py $(run_tests)
