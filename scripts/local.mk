# The manual page and the completion are made of the help of the program, which cannot run if it is for another machine.
if CAN_RUN
man1_MANS = scripts/gdmpi.1
bashcompletiondir = $(datadir)/bash-completion/completions
nodist_bashcompletion_DATA = scripts/completions/gdmpi
endif
help_tables = gdmpi$(EXEEXT) $(srcdir)/scripts/help.sh
of_help = $(AM_V_GEN)$(MKDIR_P) $(@D) && GDMPI=./gdmpi$(EXEEXT) bash
scripts/gdmpi.1: $(help_tables) $(srcdir)/scripts/manual
	$(of_help) $(srcdir)/scripts/manual >$@.tmp && mv $@.tmp $@
scripts/completions/gdmpi: $(help_tables) $(srcdir)/scripts/completion $(srcdir)/scripts/completion.bash
	$(of_help) $(srcdir)/scripts/completion >$@.tmp && mv $@.tmp $@
CLEANFILES += scripts/gdmpi.1 scripts/completions/gdmpi

# What scripts/bench measures limits with: `make probes`.
probes = \
	scripts/benchmarks/dense \
	scripts/benchmarks/empty \
	scripts/benchmarks/gemm \
	scripts/benchmarks/reduce \
	scripts/benchmarks/softmax
EXTRA_PROGRAMS = $(probes)
CLEANFILES += $(probes)

scripts_benchmarks_dense_SOURCES = scripts/benchmarks/dense.c scripts/benchmarks/probe.h
scripts_benchmarks_dense_LDADD = $(libraries)
scripts_benchmarks_empty_SOURCES = scripts/benchmarks/empty.c
scripts_benchmarks_empty_LDADD = $(libraries)
scripts_benchmarks_gemm_SOURCES = scripts/benchmarks/gemm.c scripts/benchmarks/probe.h
scripts_benchmarks_gemm_LDADD = $(libraries)
scripts_benchmarks_reduce_SOURCES = scripts/benchmarks/reduce.c scripts/benchmarks/probe.h
scripts_benchmarks_reduce_LDADD = $(libraries)
scripts_benchmarks_softmax_SOURCES = scripts/benchmarks/softmax.c scripts/benchmarks/probe.h
scripts_benchmarks_softmax_LDADD = $(libraries)

probes: $(probes)
.PHONY: probes

EXTRA_DIST += \
	scripts/bench \
	scripts/benchmarks/accuracy.py \
	scripts/benchmarks/bench.py \
	scripts/benchmarks/contest.py \
	scripts/benchmarks/contestants.py \
	scripts/benchmarks/data_sets.py \
	scripts/benchmarks/fit.py \
	scripts/benchmarks/forecast.py \
	scripts/benchmarks/hosts \
	scripts/benchmarks/machine.py \
	scripts/benchmarks/memory.py \
	scripts/benchmarks/memory_of.py \
	scripts/benchmarks/network.py \
	scripts/benchmarks/plot.py \
	scripts/benchmarks/reduce.py \
	scripts/benchmarks/report.py \
	scripts/benchmarks/save.py \
	scripts/benchmarks/shards.py \
	scripts/benchmarks/sklearn_worker.py \
	scripts/benchmarks/start.py \
	scripts/benchmarks/throughput.py \
	scripts/benchmarks/torch_worker.py \
	scripts/benchmarks/worker.py
