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
