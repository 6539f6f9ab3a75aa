#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gdmpi/inference.h"
#include "gdmpi/json.h"
#include "gdmpi/memory.h"
#include "gdmpi/scoreboard.h"

/* What rank 0 may be asked to hold for one metric; and a matrix, to show. */
static const double most_bytes = 2147483648.0;
static const int64_t most_cells = 1 << 20;

typedef struct evaluation {
    gd_inference *inference;
    gd_scoreboard *scoreboard;
    double *tile_sums; /* loss and metric of each tile */
    double loss, metric;
} evaluation;

static const char *metric_name(const gd_loss *loss) {
    return loss->metric == GD_METRIC_ACCURACY ? "accuracy" : "rmse";
}

static bool makes_sense(const gd_scored *scored, const gd_score *score) {
    return score->tally != NULL && (score->tasks & scored->task) != 0 &&
           scored->outputs >= score->outputs_min;
}

static bool is_small(const gd_problem *problem, const gd_scored *scored, const gd_score *score) {
    const int64_t count = score->tally->by_row ? problem->val_count : problem->val_tiles;
    const double bytes =
        (double)count * (double)score->tally->width(scored) * (double)sizeof(double);
    return bytes <= most_bytes &&
           (!score->matrix || scored->classes <= most_cells / scored->classes);
}

/* Those of all that there are. */
static void choose_scores(gd_problem *problem) {
    const gd_scored scored = gd_score_of(problem->model->loss, problem->model->outputs);
    for (size_t i = 0; gd_scores[i] != NULL; i++) {
        problem->scores[i] =
            makes_sense(&scored, gd_scores[i]) && is_small(problem, &scored, gd_scores[i]);
    }
}

static gd_status count_tile(void *context, int64_t first) {
    evaluation *self = context;
    gd_inference *inference = self->inference;
    const gd_model *model = inference->problem.model;
    double *sums = self->tile_sums + 2 * (first / model->tile_rows);
    sums[0] = gd_model_evaluate(model, inference->workspace, &inference->batch,
                                inference->parameters, &sums[1]);
    gd_scoreboard_count(self->scoreboard, first, &inference->batch,
                        gd_workspace_output(inference->workspace));
    return GD_OK;
}

/* As validation adds: the sums of tiles, in their order. Collective. */
static gd_status add_up(evaluation *self) {
    const gd_problem *problem = &self->inference->problem;
    const size_t tiles = (size_t)problem->val_tiles;
    const double rows = (double)problem->val_count;
    gd_comm_sum(problem->comm, self->tile_sums, 2 * tiles);
    for (size_t i = 0; i < tiles; i++) {
        self->loss += self->tile_sums[2 * i];
        self->metric += self->tile_sums[2 * i + 1];
    }
    self->loss /= rows;
    self->metric /= rows;
    if (problem->model->loss->metric == GD_METRIC_RMSE) {
        self->metric = sqrt(self->metric);
    }
    return gd_comm_agree(problem->comm, gd_scoreboard_end(self->scoreboard));
}

static gd_status evaluate(evaluation *self) {
    gd_problem *problem = &self->inference->problem;
    const gd_visit visit = {.context = self, .tile = count_tile};
    choose_scores(problem);
    gd_status status = gd_scoreboard_new(problem, &self->scoreboard);
    if (status == GD_OK) {
        status = gd_memory_new(&self->tile_sums, 2 * (size_t)problem->val_tiles,
                               sizeof *self->tile_sums, "the sums of tiles");
    }
    status = gd_comm_agree(problem->comm, status);
    if (status == GD_OK) {
        status = gd_inference_run(self->inference, &visit);
    }
    return status == GD_OK ? add_up(self) : status;
}

static char *digest_of(const gd_inference *inference, char out[17]) {
    const int64_t size = inference->problem.model->tensors.size;
    return gd_checkpoint_digest_text(
        gd_checkpoint_digest(inference->parameters, GD_REAL_TYPE, size), out);
}

static void print_head(const evaluation *self, const gd_job *job) {
    const gd_problem *problem = &self->inference->problem;
    char digest[17], rows[32];
    printf("model     %s: digest %s\n", job->model, digest_of(self->inference, digest));
    printf("          %s; %s\n", gd_config_text(job->config, "model", "layers"),
           problem->model->loss->name);
    printf("data      %s:%s: %s rows\n", job->data.file, job->data.group,
           gd_text_grouped(problem->val_count, rows));
    if (job->chosen) {
        printf("          (no group was named: it is /test, else /val, else the root)\n");
    }
}

static void print_scores(const evaluation *self) {
    const gd_problem *problem = &self->inference->problem;
    const gd_scored scored = gd_score_of(problem->model->loss, problem->model->outputs);
    printf("loss      %.6g\n%-9s %.6g\n", self->loss, metric_name(scored.loss), self->metric);
    for (size_t i = 0; gd_scores[i] != NULL; i++) {
        const gd_score *score = gd_scores[i];
        const double *value = gd_scoreboard_value(self->scoreboard, score);
        if (value != NULL && score->matrix) {
            gd_scoreboard_print_matrix(self->scoreboard, value, "with --json");
        } else if (value != NULL) {
            printf("%-9s %.6g\n", score->name, *value);
        } else if (makes_sense(&scored, score)) {
            printf("%-9s left out: it would take too much memory\n", score->name);
        }
    }
}

static void add_text(gd_text *out, const char *key, const char *value) {
    gd_text_add(out, "\"%s\": ", key);
    gd_json_string(out, value);
    gd_text_add(out, ", ");
}

static void add_number(gd_text *out, const char *key, double value) {
    gd_text_add(out, ", \"%s\": ", key);
    gd_json_number(out, value);
}

static void add_scores(const evaluation *self, gd_text *out) {
    const gd_model *model = self->inference->problem.model;
    const gd_scored scored = gd_score_of(model->loss, model->outputs);
    add_number(out, "loss", self->loss);
    add_number(out, metric_name(model->loss), self->metric);
    for (size_t i = 0; gd_scores[i] != NULL; i++) {
        const double *value = gd_scoreboard_value(self->scoreboard, gd_scores[i]);
        if (value != NULL && gd_scores[i]->matrix) {
            gd_text_add(out, ", \"%s\": ", gd_scores[i]->name);
            gd_json_matrix(out, scored.classes, scored.classes, value);
        } else if (value != NULL) {
            add_number(out, gd_scores[i]->name, *value);
        }
    }
}

static gd_status print_json(const evaluation *self, const gd_job *job) {
    const gd_problem *problem = &self->inference->problem;
    gd_text out = {0};
    char digest[17];
    gd_text_add(&out, "{");
    add_text(&out, "model", job->model);
    add_text(&out, "digest", digest_of(self->inference, digest));
    add_text(&out, "data", job->data.file);
    add_text(&out, "group", job->data.group);
    gd_text_add(&out, "\"rows\": %lld", (long long)problem->val_count);
    if (problem->classes != NULL) {
        gd_text_add(&out, ", \"classes\": ");
        gd_json_lines(&out, problem->classes);
    }
    add_scores(self, &out);
    gd_status status = gd_text_status(&out);
    if (status == GD_OK) {
        printf("%s}\n", gd_text_bytes(&out));
    }
    gd_text_free(&out);
    return status;
}

static gd_status print(const evaluation *self, const gd_job *job) {
    if (job->json) {
        return print_json(self, job);
    }
    print_head(self, job);
    print_scores(self);
    return GD_OK;
}

gd_status gd_inference_evaluate(gd_comm *comm, const gd_job *job) {
    evaluation self = {0};
    gd_status status = gd_inference_open(comm, job, true, &self.inference);
    if (status == GD_OK) {
        status = evaluate(&self);
    }
    if (status == GD_OK) {
        status = gd_comm_agree(comm, gd_comm_rank(comm) == 0 ? print(&self, job) : GD_OK);
    }
    gd_scoreboard_free(&self.scoreboard);
    gd_memory_free(&self.tile_sums);
    gd_inference_close(&self.inference);
    return status;
}
