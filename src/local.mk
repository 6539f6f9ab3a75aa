# Compiled once: everything that has no real numbers in it. In the order in which data flows.
noinst_LIBRARIES += libgdmpi.a
libgdmpi_a_CPPFLAGS = $(AM_CPPFLAGS)
libgdmpi_a_SOURCES = \
	src/base/blas.c \
	src/base/files.c \
	src/base/hash.c \
	src/base/memory.c \
	src/base/process.c \
	src/base/rng.c \
	src/base/status.c \
	src/base/stop.c \
	src/base/text.c \
	src/base/type.c \
	src/config/config.c \
	src/config/config_private.h \
	src/config/ini.c \
	src/config/settings.c \
	src/config/unknown.c \
	src/config/write.c \
	src/store/store.c \
	src/store/store_attribute.c \
	src/store/store_data.c \
	src/store/store_group.c \
	src/store/store_list.c \
	src/store/store_guard.c \
	src/store/store_private.h \
	src/store/store_size.c \
	src/store/store_type.c \
	src/data/check.c \
	src/data/data_private.h \
	src/data/deal.c \
	src/data/dealer.c \
	src/data/digest.c \
	src/data/normalize.c \
	src/data/permutation.c \
	src/data/rows.c \
	src/data/settings.c \
	src/data/shards.c \
	src/data/source.c \
	src/data/split.c \
	src/data/try.c \
	src/import/arrays.c \
	src/import/arrays.h \
	src/import/csv.c \
	src/import/csv_columns.c \
	src/import/csv_columns.h \
	src/import/csv_means.c \
	src/import/csv_record.c \
	src/import/csv_record.h \
	src/import/csv_values.c \
	src/import/formats.c \
	src/import/idx.c \
	src/import/import.c \
	src/import/import_private.h \
	src/import/labels.c \
	src/import/labels.h \
	src/import/libsvm.c \
	src/import/npy.c \
	src/import/numbers.c \
	src/import/numbers.h \
	src/import/options.c \
	src/import/placement.c \
	src/import/progress.c \
	src/import/spool.c \
	src/import/stream.c \
	src/import/stream.h \
	src/import/words.c \
	src/import/words.h \
	src/comm/collectives.c \
	src/comm/comm.c \
	src/comm/comm_private.h \
	src/comm/messages.c \
	src/comm/same.c \
	src/comm/watch.c \
	src/comm/window.c \
	src/reduce/tree.c \
	src/schedule/schedule.c \
	src/schedule/schedule_constant.c \
	src/schedule/schedule_cosine.c \
	src/schedule/schedule_cyclic.c \
	src/schedule/schedule_exponential.c \
	src/schedule/schedule_inverse.c \
	src/schedule/schedule_multistep.c \
	src/schedule/schedule_onecycle.c \
	src/schedule/schedule_plateau.c \
	src/schedule/schedule_polynomial.c \
	src/schedule/schedule_private.h \
	src/schedule/schedule_restarts.c \
	src/schedule/schedule_step.c \
	src/checkpoint/checkpoint.c \
	src/checkpoint/checkpoint_read.c \
	src/checkpoint/rundir.c \
	src/checkpoint/seal.c \
	src/checkpoint/writer.c \
	src/train/diagnosis.c \
	src/train/halt.c \
	src/log/json.c \
	src/log/metrics.c \
	src/log/phases.c \
	src/log/table.c \
	src/log/timeline.c \
	src/log/times.c

# Compiled twice: the numerics, and the training that calls them.
single = -DGD_SINGLE
double = -DGD_DOUBLE
numerics = \
	src/data/batch.c \
	src/data/gather_type.h \
	src/model/columns.c \
	src/model/columns.h \
	src/model/elements.c \
	src/model/elements.h \
	src/model/exponential.h \
	src/model/gemm_rate.c \
	src/model/init.c \
	src/model/init_orthogonal.c \
	src/model/lanes.h \
	src/model/layer.c \
	src/model/layer_batch_norm.c \
	src/model/layer_dense.c \
	src/model/layer_dropout.c \
	src/model/layer_elu.c \
	src/model/layer_embedding.c \
	src/model/layer_gelu.c \
	src/model/layer_layer_norm.c \
	src/model/layer_leaky_relu.c \
	src/model/layer_relu.c \
	src/model/layer_residual.c \
	src/model/layer_sigmoid.c \
	src/model/layer_silu.c \
	src/model/layer_softmax.c \
	src/model/layer_softplus.c \
	src/model/layer_tanh.c \
	src/model/layers.c \
	src/model/layers_columns.c \
	src/model/layers.h \
	src/model/loss.c \
	src/model/loss_bce.c \
	src/model/loss_cross_entropy.c \
	src/model/loss_hinge.c \
	src/model/loss_huber.c \
	src/model/loss_mae.c \
	src/model/loss_mse.c \
	src/model/loss_poisson.c \
	src/model/loss_quantile.c \
	src/model/loss_squared_hinge.c \
	src/model/model.c \
	src/model/prediction.h \
	src/model/score.c \
	src/model/score_auc.c \
	src/model/score_classes.c \
	src/model/score_confusion.c \
	src/model/score_mae.c \
	src/model/score_r2.c \
	src/model/score_top.c \
	src/model/workspace.c \
	src/optimizer/optimizer.c \
	src/optimizer/optimizer_adagrad.c \
	src/optimizer/optimizer_adam.c \
	src/optimizer/optimizer_lamb.c \
	src/optimizer/optimizer_lars.c \
	src/optimizer/optimizer_momentum.c \
	src/optimizer/optimizer_nadam.c \
	src/optimizer/optimizer_nesterov.c \
	src/optimizer/optimizer_private.h \
	src/optimizer/optimizer_rmsprop.c \
	src/optimizer/optimizer_sgd.c \
	src/optimizer/update.c \
	src/reduce/boards.c \
	src/reduce/exchange.c \
	src/reduce/exchange_private.h \
	src/reduce/exchange_start.c \
	src/reduce/reduce.c \
	src/reduce/reduce_allreduce.c \
	src/reduce/reduce_message.c \
	src/reduce/reduce_private.h \
	src/reduce/reduce_shards.c \
	src/reduce/reduce_sum.c \
	src/reduce/reduce_vectors.c \
	src/reduce/reduce_window.c \
	src/train/begin.c \
	src/train/criteria.c \
	src/train/loop.c \
	src/train/methods.c \
	src/train/normalize.c \
	src/train/order.c \
	src/train/plan.c \
	src/train/plan_memory.c \
	src/train/precision.c \
	src/train/problem.c \
	src/train/report.c \
	src/train/report_end.c \
	src/train/report_timeline.c \
	src/train/resume.c \
	src/train/resume_check.c \
	src/train/resume_find.c \
	src/train/run.c \
	src/train/save.c \
	src/train/scoreboard.c \
	src/train/scores.c \
	src/train/settings.c \
	src/train/state.c \
	src/train/symptoms.c \
	src/train/step.c \
	src/train/train_private.h \
	src/train/trainer.c \
	src/train/validate.c \
	src/train/verify.c \
	src/train/weights.c

noinst_LIBRARIES += libgdmpi_single.a libgdmpi_double.a
libgdmpi_single_a_SOURCES = $(numerics)
libgdmpi_single_a_CPPFLAGS = $(AM_CPPFLAGS) $(single)
libgdmpi_double_a_SOURCES = $(numerics) \
	src/train/gradcheck.c \
	src/train/gradcheck_run.c
libgdmpi_double_a_CPPFLAGS = $(AM_CPPFLAGS) $(double)

# The program: the commands, over all of it.
libraries = libgdmpi_single.a libgdmpi_double.a libgdmpi.a $(HDF5_LIBS) $(MPI_LIBS) $(BLAS_LIBS) $(INIH_LIBS) \
	$(ZLIB_LIBS) -lm
bin_PROGRAMS += gdmpi
commands = \
	src/command/command.c \
	src/command/config.c \
	src/command/diff.c \
	src/command/diff_config.c \
	src/command/diff_private.h \
	src/command/diff_tensors.c \
	src/command/gradcheck.c \
	src/command/import.c \
	src/command/train.c
gdmpi_SOURCES = src/main.c $(commands)
gdmpi_LDADD = $(libraries)

noinst_HEADERS += \
	include/gdmpi/batch.h \
	include/gdmpi/blas.h \
	include/gdmpi/checkpoint.h \
	include/gdmpi/comm.h \
	include/gdmpi/command.h \
	include/gdmpi/config.h \
	include/gdmpi/data.h \
	include/gdmpi/deal.h \
	include/gdmpi/dealer.h \
	include/gdmpi/diagnosis.h \
	include/gdmpi/files.h \
	include/gdmpi/gemm_rate.h \
	include/gdmpi/gradcheck.h \
	include/gdmpi/halt.h \
	include/gdmpi/hash.h \
	include/gdmpi/import.h \
	include/gdmpi/init.h \
	include/gdmpi/json.h \
	include/gdmpi/layer.h \
	include/gdmpi/loss.h \
	include/gdmpi/memory.h \
	include/gdmpi/metrics.h \
	include/gdmpi/model.h \
	include/gdmpi/normalize.h \
	include/gdmpi/optimizer.h \
	include/gdmpi/permutation.h \
	include/gdmpi/phases.h \
	include/gdmpi/precision.h \
	include/gdmpi/problem.h \
	include/gdmpi/process.h \
	include/gdmpi/real.h \
	include/gdmpi/reduce.h \
	include/gdmpi/rng.h \
	include/gdmpi/rundir.h \
	include/gdmpi/schedule.h \
	include/gdmpi/score.h \
	include/gdmpi/scoreboard.h \
	include/gdmpi/seal.h \
	include/gdmpi/shards.h \
	include/gdmpi/status.h \
	include/gdmpi/stop.h \
	include/gdmpi/store.h \
	include/gdmpi/table.h \
	include/gdmpi/tensor.h \
	include/gdmpi/text.h \
	include/gdmpi/timeline.h \
	include/gdmpi/times.h \
	include/gdmpi/train.h \
	include/gdmpi/trainer.h \
	include/gdmpi/tree.h \
	include/gdmpi/type.h \
	include/gdmpi/watch.h \
	include/gdmpi/writer.h
