#include <math.h>
#include <string.h>

#include "gdmpi/blas.h"
#include "gdmpi/lines.h"
#include "gdmpi/memory.h"
#include "gdmpi/problem.h"
#include "gdmpi/terminal.h"

static gd_status parse_source(const gd_config *config, const char *key, gd_source *source) {
    return gd_config_blame(config, "data", key,
                           gd_source_parse(gd_config_text(config, "data", key),
                                           gd_config_text(config, "data", "file"), source));
}

static gd_status open_training(gd_problem *problem) {
    const gd_config *config = problem->config;
    if (gd_config_text(config, "data", "file")[0] == '\0') {
        return gd_config_fail(config, "data", "file", "the path of an HDF5 file is missing");
    }
    gd_status status = parse_source(config, "train", &problem->train_source);
    return status == GD_OK ? gd_rows_describe(&problem->train_source, &problem->train) : status;
}

/* Holds rows out of the training rows. */
static gd_status split_training(gd_problem *problem, double fraction) {
    int64_t rows = problem->train.x.dims[0];
    int64_t held = (int64_t)llround(fraction * (double)rows);
    if (held < 1 || held >= rows) {
        return gd_config_fail(problem->config, "data", "val_fraction",
                              "%g of %lld row%s leaves no row for %s", fraction, (long long)rows,
                              gd_text_plural(rows), held < 1 ? "validation" : "training");
    }
    problem->train_split.held = held;
    problem->val_split = problem->train_split;
    problem->validates = true;
    problem->val_count = held;
    gd_status status = gd_text_copy(problem->train_source.file, &problem->val_source.file);
    if (status == GD_OK) {
        status = gd_text_copy(problem->train_source.group, &problem->val_source.group);
    }
    return status == GD_OK ? gd_rows_describe(&problem->val_source, &problem->val) : status;
}

static gd_status open_validation(gd_problem *problem) {
    const gd_config *config = problem->config;
    const char *val = gd_config_text(config, "data", "val");
    double fraction = gd_config_number(config, "data", "val_fraction");
    gd_source source = {0};
    bool there = false, needed = val[0] != '\0' && strcmp(val, GD_DATA_VAL) != 0;
    gd_status status = GD_OK;
    if (val[0] != '\0') {
        status = parse_source(config, "val", &source);
        if (status == GD_OK && !needed) {
            status = gd_source_look(&source, &there);
        }
    }
    if (status == GD_OK && (there || needed)) {
        problem->val_source = source;
        problem->validates = true;
        status = gd_rows_describe(&problem->val_source, &problem->val);
        if (status == GD_OK && fraction > 0) {
            return gd_config_fail(config, "data", "val_fraction",
                                  "has no effect, because %s:%s is there; with an empty data.val, "
                                  "rows are held out of the training rows",
                                  source.file, source.group);
        }
        problem->val_count = problem->val.x.dims[0];
        problem->val_split = (gd_split){.rows = problem->val_count};
        return status;
    }
    gd_source_free(&source);
    return status == GD_OK && fraction > 0 ? split_training(problem, fraction) : status;
}

static gd_status cut_shards(gd_problem *problem) {
    const gd_config *config = problem->config;
    int64_t ranks = gd_comm_size(problem->comm);
    int64_t rows = gd_split_count(&problem->train_split, GD_TRAINING);
    int64_t shards = gd_config_integer(config, "data", "shards");
    int64_t batch = gd_config_integer(config, "train", "batch_size");
    shards = shards == 0 ? ranks : shards;
    if (shards < ranks) {
        return gd_config_fail(config, "data", "shards",
                              "%lld shard%s cannot be worked by %lld ranks; start at most %lld "
                              "rank%s, or set data.shards to %lld or more",
                              (long long)shards, gd_text_plural(shards), (long long)ranks,
                              (long long)shards, gd_text_plural(shards), (long long)ranks);
    }
    if (rows < shards) {
        return gd_config_fail(config, "data", "shards",
                              "%lld training row%s cannot be cut into %lld shards; at most %lld %s",
                              (long long)rows, gd_text_plural(rows), (long long)shards,
                              (long long)rows, rows == 1 ? "is possible" : "are possible");
    }
    if (batch > 0 && batch < shards) {
        return gd_config_fail(config, "train", "batch_size",
                              "a step of %lld row%s is less than one row from each of %lld shards; "
                              "it must be 0 (all rows) or at least %lld",
                              (long long)batch, gd_text_plural(batch), (long long)shards,
                              (long long)shards);
    }
    problem->shards = (gd_shards){.rows = rows, .count = shards, .batch = batch};
    problem->mine = gd_range_part(shards, ranks, gd_comm_rank(problem->comm));
    if (gd_shards_rows(&problem->shards, 0).count > UINT32_MAX) {
        return gd_config_fail(config, "data", "shards",
                              "a shard has more than %lld rows; set more shards",
                              (long long)UINT32_MAX);
    }
    return GD_OK;
}

/* The rows of a shard in a step are worked in `accumulate` parts, or in as many as there are rows,
 * and so is validation: less lies between the layers at once. Some layers need all of them. */
int64_t gd_problem_tile_rows(const gd_config *config, const gd_model *model,
                             const gd_shards *shards) {
    int64_t parts = gd_config_integer(config, "train", "accumulate");
    int64_t most = gd_shards_step_most(shards);
    int64_t part = (most + parts - 1) / parts;
    int64_t tile = model->tile_rows;
    tile = parts > 1 && part < tile ? part : tile;
    return model->joint && most > tile ? most : tile;
}

static gd_status cut_tiles(gd_problem *problem) {
    int64_t parts = gd_config_integer(problem->config, "train", "accumulate");
    int64_t *tile = &problem->model->tile_rows;
    if (problem->model->joint && parts > 1) {
        return gd_config_fail(problem->config, "train", "accumulate",
                              "batch_norm needs a shard's rows of a step at once; it must be 1");
    }
    if (problem->model->joint && gd_shards_step_most(&problem->shards) < 2) {
        return gd_config_fail(problem->config, "train", "batch_size",
                              "batch_norm needs 2 rows or more of a shard in a step; with %lld "
                              "shards it must be %lld or more",
                              (long long)problem->shards.count,
                              (long long)(2 * problem->shards.count));
    }
    *tile = gd_problem_tile_rows(problem->config, problem->model, &problem->shards);
    problem->val_tiles = (problem->val_count + *tile - 1) / *tile;
    return GD_OK;
}

static gd_status check_shapes(gd_problem *problem) {
    gd_target target = gd_model_target(problem->model);
    int64_t inputs = problem->model->inputs;
    gd_status status =
        gd_rows_check_shape(&problem->train_source, &problem->train, inputs, &target);
    if (status == GD_OK && problem->validates) {
        status = gd_rows_check_shape(&problem->val_source, &problem->val, inputs, &target);
    }
    return status;
}

gd_status gd_problem_same_program(gd_comm *comm, const gd_config *config) {
    gd_text text = {0};
    gd_text_add(&text, "[program]\nversion = %s\nBLAS = %s\nconfig = %s\n", PACKAGE_VERSION,
                gd_blas_version(), gd_config_name(config));
    gd_config_write(config, &text);
    gd_status status = gd_comm_agree(comm, gd_text_status(&text));
    if (status == GD_OK) {
        status = gd_comm_same(comm, gd_text_bytes(&text));
    }
    gd_text_free(&text);
    return status;
}

/* Hosts may have copies of their own. */
static gd_status same_data(const gd_problem *problem) {
    gd_text text = {0};
    gd_status status = gd_rows_fingerprint(&problem->train_source, &problem->train, &text);
    if (status == GD_OK && problem->validates) {
        status = gd_rows_fingerprint(&problem->val_source, &problem->val, &text);
    }
    if (status == GD_OK) {
        status = gd_text_status(&text);
    }
    status = gd_comm_agree(problem->comm, status);
    if (status == GD_OK) {
        status = gd_comm_same(problem->comm, gd_text_bytes(&text));
    }
    gd_text_free(&text);
    return status;
}

static gd_status try_source(const gd_config *config, const char *key) {
    const char *text = gd_config_text(config, "data", key);
    const char *file = gd_config_text(config, "data", "file");
    gd_source source = {0};
    if (text[0] == '\0' || file[0] == '\0') {
        return GD_OK;
    }
    gd_status status = parse_source(config, key, &source);
    if (status == GD_OK) {
        status = gd_source_try(&source, strcmp(text, GD_DATA_VAL) != 0);
    }
    gd_source_free(&source);
    return status;
}

/* Before any rank opens a file that could crash it. Collective. */
static gd_status try_sources(const gd_problem *problem) {
    gd_status status = GD_OK;
    if (gd_comm_rank(problem->comm) == 0) {
        status = try_source(problem->config, "train");
        if (status == GD_OK) {
            status = try_source(problem->config, "val");
        }
    }
    return gd_comm_agree(problem->comm, status);
}

int64_t gd_problem_steps(const gd_problem *problem) {
    int64_t most = gd_config_integer(problem->config, "train", "max_steps");
    int64_t steps =
        gd_config_integer(problem->config, "train", "epochs") * gd_shards_steps(&problem->shards);
    return most > 0 && most < steps ? most : steps;
}

static gd_status check_scale(const gd_problem *problem) {
    const char *normalize = gd_config_text(problem->config, "data", "normalize");
    if (strcmp(normalize, "none") != 0 && problem->scale != 1) {
        return gd_config_fail(problem->config, "data", "scale",
                              "has no effect with normalize = %s; it must be 1", normalize);
    }
    return GD_OK;
}

static gd_status open_all(gd_problem *self) {
    const gd_config *config = self->config;
    gd_status status = check_scale(self);
    if (status == GD_OK) {
        status = open_training(self);
    }
    if (status == GD_OK) {
        self->train_split = (gd_split){.rows = self->train.x.dims[0], .seed = self->seed};
        status = open_validation(self);
    }
    if (status == GD_OK) {
        status = gd_model_new(config, self->train.x_width, &self->model);
    }
    if (status == GD_OK) {
        status = gd_problem_read_weights(self);
    }
    if (status == GD_OK) {
        status = gd_problem_read_scores(self);
    }
    if (status == GD_OK) {
        status = check_shapes(self);
    }
    if (status == GD_OK) {
        status = cut_shards(self);
    }
    if (status == GD_OK) {
        status = cut_tiles(self);
    }
    if (status == GD_OK) {
        status = gd_problem_check_criteria(self);
    }
    if (status == GD_OK) {
        status = gd_schedule_read(config, gd_config_number(config, "optimizer", "lr"),
                                  gd_shards_steps(&self->shards), gd_problem_steps(self),
                                  &self->schedule);
    }
    return status;
}

/* Those of the training rows, if there is one for each class of the model. */
static gd_status name_classes(gd_problem *problem) {
    const gd_scored scored = gd_score_of(problem->model->loss, problem->model->outputs);
    gd_status status = gd_source_classes(&problem->train_source, &problem->classes);
    if (!gd_score_named(&scored, problem->classes)) {
        if (problem->classes != NULL && scored.task == GD_TASK_CLASS) {
            gd_terminal_warn(
                "%s: y has the names of %lld classes, but the model has %lld: they are "
                "not used",
                problem->train_source.file, (long long)gd_lines_count(problem->classes),
                (long long)scored.classes);
        }
        gd_memory_free(&problem->classes);
    } else if (status == GD_OK && problem->validates) {
        status = gd_source_compare_classes(&problem->val_source, problem->classes);
    }
    return status;
}

gd_status gd_problem_open(gd_comm *comm, const gd_config *config, gd_problem **problem) {
    gd_problem *self = NULL;
    gd_status status = gd_comm_agree(comm, gd_memory_new(&self, 1, sizeof *self, "the problem"));
    *problem = self;
    if (status != GD_OK) {
        return status;
    }
    self->comm = comm;
    self->config = config;
    self->scale = gd_config_number(config, "data", "scale");
    self->seed = (uint64_t)gd_config_integer(config, "train", "seed");
    status = gd_problem_same_program(comm, config);
    if (status == GD_OK) {
        status = try_sources(self);
    }
    if (status == GD_OK) {
        status = gd_comm_agree(comm, open_all(self));
    }
    if (status == GD_OK) {
        status = gd_comm_agree(comm, gd_comm_rank(comm) == 0 ? name_classes(self) : GD_OK);
    }
    return status == GD_OK ? same_data(self) : status;
}

static gd_status load(gd_problem *self, const gd_source *source, const gd_split *split,
                      gd_role role, gd_range range, gd_rows *rows) {
    gd_target target = gd_model_target(self->model);
    gd_status status = gd_rows_load(source, split, role, range, rows);
    rows->categories = self->model->categories;
    if (status == GD_OK) {
        status = gd_rows_check_values(source, split, role, rows, self->scale, GD_REAL_MAX, &target);
    }
    return status;
}

static gd_status digest_rows(gd_problem *problem) {
    uint64_t mine[2] = {gd_rows_digest(&problem->train), gd_rows_digest(&problem->val)}, (*all)[2];
    gd_status status =
        gd_comm_collect(problem->comm, mine, sizeof mine, &all, "the digests of all rows");
    for (int rank = 0; rank < gd_comm_size(problem->comm) && status == GD_OK; rank++) {
        problem->train_digest += all[rank][0];
        problem->val_digest += all[rank][1];
    }
    gd_memory_free(&all);
    return status;
}

gd_range gd_problem_val_range(const gd_problem *problem, int rank) {
    gd_range part = gd_range_part(problem->val_tiles, gd_comm_size(problem->comm), rank);
    int64_t first = part.first * problem->model->tile_rows;
    int64_t end = (part.first + part.count) * problem->model->tile_rows;
    end = end < problem->val_count ? end : problem->val_count;
    return (gd_range){.first = first, .count = part.count > 0 ? end - first : 0};
}

gd_status gd_problem_load(gd_problem *problem) {
    gd_range span = gd_shards_span(&problem->shards, problem->mine);
    gd_status status = load(problem, &problem->train_source, &problem->train_split, GD_TRAINING,
                            span, &problem->train);
    if (status == GD_OK && problem->validates) {
        gd_range range = gd_problem_val_range(problem, gd_comm_rank(problem->comm));
        status = load(problem, &problem->val_source, &problem->val_split, GD_VALIDATION, range,
                      &problem->val);
    }
    status = gd_comm_agree(problem->comm, status);
    if (status == GD_OK) {
        status = digest_rows(problem);
    }
    if (status == GD_OK) {
        status = gd_problem_normalize(problem);
    }
    return status == GD_OK ? gd_problem_weigh(problem) : status;
}

void gd_problem_close(gd_problem **problem) {
    gd_problem *self = *problem;
    if (self == NULL) {
        return;
    }
    gd_model_free(&self->model);
    gd_rows_free(&self->train);
    gd_rows_free(&self->val);
    gd_normalizer_free(&self->normalizer);
    gd_memory_free(&self->class_weights);
    gd_memory_free(&self->classes);
    gd_source_free(&self->train_source);
    gd_source_free(&self->val_source);
    gd_memory_free(problem);
}
