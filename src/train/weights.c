#include <math.h>
#include <string.h>

#include "gdmpi/memory.h"
#include "gdmpi/problem.h"
#include "gdmpi/tree.h"

static const char key[] = "class_weights", balanced[] = "balanced";

static gd_status parse_list(const gd_config *config, int64_t classes, double *weights) {
    char *copy, *rest = NULL;
    int64_t count = 0;
    gd_status status = gd_text_copy(gd_config_text(config, "data", key), &copy);
    char *word = status == GD_OK ? strtok_r(copy, ", \t", &rest) : NULL;
    for (; word != NULL && status == GD_OK; word = strtok_r(NULL, ", \t", &rest), count++) {
        double number;
        if (!gd_text_to_number(word, &number) || number < 0) {
            status = gd_config_fail(config, "data", key,
                                    "'%s' is not a weight: it must be %s, or a number of at least "
                                    "0 for each class",
                                    word, balanced);
        } else if (count < classes) {
            weights[count] = number;
        }
    }
    if (status == GD_OK && count != classes) {
        status = gd_config_fail(config, "data", key,
                                "there are %lld weights, but %lld classes; each needs one",
                                (long long)count, (long long)classes);
    }
    gd_memory_free(&copy);
    return status;
}

gd_status gd_problem_read_weights(gd_problem *problem) {
    const gd_config *config = problem->config;
    const gd_scored scored = gd_score_of(problem->model->loss, problem->model->outputs);
    const char *text = gd_config_text(config, "data", key);
    if (text[0] == '\0') {
        return GD_OK;
    }
    if (scored.task != GD_TASK_CLASS) {
        return gd_config_fail(config, "data", key,
                              "%s of %lld outputs has no classes; weights for its rows can be in "
                              "the data, as w",
                              scored.loss->name, (long long)scored.outputs);
    }
    gd_status status = gd_memory_new(&problem->class_weights, (size_t)scored.classes,
                                     sizeof *problem->class_weights, "the weights of classes");
    if (status == GD_OK && strcmp(text, balanced) != 0) {
        status = parse_list(config, scored.classes, problem->class_weights);
    }
    return status;
}

/* Of bce, as metrics have it. */
static int64_t label_of(const gd_problem *problem, int64_t row) {
    const double y = gd_type_get(problem->train.y.type, problem->train.y_data, row);
    return problem->model->loss->target == GD_TARGET_CLASS ? (int64_t)y : y > 0.5;
}

/* As scikit-learn's compute_class_weight: rows / (classes * rows of the class), of the classes that
 * have rows. Whole numbers are added, so the sums are exact. Collective. */
static void balance(gd_problem *problem) {
    const int64_t classes = gd_score_of(problem->model->loss, problem->model->outputs).classes;
    double *weights = problem->class_weights, present = 0;
    for (int64_t i = 0; i < problem->train.range.count; i++) {
        weights[label_of(problem, i)] += 1;
    }
    gd_comm_sum(problem->comm, weights, (size_t)classes);
    for (int64_t c = 0; c < classes; c++) {
        present += weights[c] > 0;
    }
    for (int64_t c = 0; c < classes; c++) {
        weights[c] = weights[c] > 0 ? (double)problem->shards.rows / (present * weights[c]) : 0;
    }
}

/* Each training row counts as much as its class, besides its own weight. Collective. */
static gd_status weigh_classes(gd_problem *problem) {
    gd_rows *rows = &problem->train;
    gd_status status = GD_OK;
    if (strcmp(gd_config_text(problem->config, "data", key), balanced) == 0) {
        balance(problem);
    }
    bool alone = rows->weights == NULL;
    if (alone) {
        status = gd_memory_new(&rows->weights, (size_t)rows->range.count, sizeof *rows->weights,
                               "the weights of rows");
    }
    for (int64_t i = 0; status == GD_OK && i < rows->range.count; i++) {
        double own = alone ? 1 : rows->weights[i];
        rows->weights[i] = own * problem->class_weights[label_of(problem, i)];
    }
    return status;
}

static double sum_of(const gd_rows *rows, gd_range part) {
    const double *weights = rows->weights + (part.first - rows->range.first);
    double sum = 0;
    for (int64_t i = 0; i < part.count; i++) {
        sum += weights[i];
    }
    return sum;
}

/* After `sums` [parts] has those of this rank's parts: divides the weights by their mean over all
 * `count` rows. Collective. */
static gd_status divide_by_mean(gd_comm *comm, const gd_source *source, int64_t count,
                                int64_t parts, double *sums, gd_rows *rows) {
    gd_comm_sum(comm, sums, (size_t)parts);
    const double total = gd_tree_sum(parts, sums);
    if (!(total > 0 && isfinite(total))) {
        return gd_status_new(GD_BAD_INPUT,
                             "%s: the weights of the rows of %s add up to %g; their sum must be "
                             "finite and above 0",
                             source->file, source->group, total);
    }
    for (int64_t i = 0; i < rows->range.count; i++) {
        rows->weights[i] /= total / (double)count;
    }
    return GD_OK;
}

/* Sums per shard do not depend on the ranks. Collective. */
static gd_status weigh_training(gd_problem *problem) {
    gd_rows *rows = &problem->train;
    const gd_shards *shards = &problem->shards;
    double *sums = NULL;
    gd_status status = problem->class_weights == NULL ? GD_OK : weigh_classes(problem);
    if (status == GD_OK) {
        status = gd_memory_new(&sums, (size_t)shards->count, sizeof *sums, "the sums of weights");
    }
    status = gd_comm_agree(problem->comm, status);
    if (status == GD_OK) {
        for (int64_t i = 0; i < problem->mine.count; i++) {
            const int64_t shard = problem->mine.first + i;
            sums[shard] = sum_of(rows, gd_shards_rows(shards, shard));
        }
        status = divide_by_mean(problem->comm, &problem->train_source, shards->rows, shards->count,
                                sums, rows);
    }
    gd_memory_free(&sums);
    return status;
}

/* Nor do sums per tile. Collective. */
static gd_status weigh_validation(gd_problem *problem) {
    gd_rows *rows = &problem->val;
    const int64_t tile = problem->model->tile_rows;
    const int64_t end = rows->range.first + rows->range.count;
    double *sums = NULL;
    gd_status status =
        gd_comm_agree(problem->comm, gd_memory_new(&sums, (size_t)problem->val_tiles, sizeof *sums,
                                                   "the sums of weights"));
    if (status == GD_OK) {
        for (int64_t first = rows->range.first; first < end; first += tile) {
            const int64_t left = end - first;
            sums[first / tile] = sum_of(rows, (gd_range){first, left < tile ? left : tile});
        }
        status = divide_by_mean(problem->comm, &problem->val_source, problem->val_count,
                                problem->val_tiles, sums, rows);
    }
    gd_memory_free(&sums);
    return status;
}

gd_status gd_problem_weigh(gd_problem *problem) {
    gd_status status = GD_OK;
    if (problem->class_weights != NULL || problem->train.w.rank > 0) {
        status = weigh_training(problem);
    }
    if (status == GD_OK && problem->validates && problem->val.w.rank > 0) {
        status = weigh_validation(problem);
    }
    return status;
}
