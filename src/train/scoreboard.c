#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gdmpi/confusion.h"
#include "gdmpi/memory.h"
#include "gdmpi/scoreboard.h"

/* The numbers of one pass over the rows. */
typedef struct pass {
    const gd_tally *tally;
    int64_t width;
    gd_range *parts; /* of each rank: which rows, or tiles */
    int64_t count;   /* of all ranks */
    double *numbers; /* [count, width] on rank 0, this rank's part on others */
} pass;

struct gd_scoreboard {
    gd_comm *comm;
    gd_scored scored;
    const char *classes; /* rank 0: their names; see gd_problem */
    int64_t tile_rows;
    int passes;
    pass pass[GD_SCORES];
    double *value[GD_SCORES]; /* of gd_scores; NULL: not asked for */
    bool known;
    double bytes;
};

static int64_t size_of(const gd_scoreboard *self, const gd_score *score) {
    return score->matrix ? self->scored.classes * self->scored.classes : 1;
}

static pass *pass_of(gd_scoreboard *self, const gd_tally *tally) {
    for (int i = 0; i < self->passes; i++) {
        if (self->pass[i].tally == tally) {
            return &self->pass[i];
        }
    }
    return NULL;
}

/* The tiles of validation that begin in `rows`. */
static gd_range tiles_of(gd_range rows, int64_t tile_rows) {
    return (gd_range){rows.first / tile_rows, (rows.count + tile_rows - 1) / tile_rows};
}

static gd_status add_pass(const gd_problem *problem, const gd_tally *tally, gd_scoreboard *self) {
    const int ranks = gd_comm_size(self->comm), rank = gd_comm_rank(self->comm);
    pass *pass = &self->pass[self->passes++];
    pass->tally = tally;
    pass->width = tally->width(&self->scored);
    pass->count = tally->by_row ? problem->val_count : problem->val_tiles;
    gd_status status =
        gd_memory_new(&pass->parts, (size_t)ranks, sizeof *pass->parts, "the parts of ranks");
    for (int r = 0; r < ranks && status == GD_OK; r++) {
        const gd_range rows = gd_problem_val_range(problem, r);
        pass->parts[r] = tally->by_row ? rows : tiles_of(rows, self->tile_rows);
    }
    if (status == GD_OK) {
        const int64_t count = rank == 0 ? pass->count : pass->parts[rank].count;
        const size_t bytes = (size_t)pass->width * sizeof *pass->numbers;
        self->bytes += (double)count * (double)bytes;
        status = gd_memory_new(&pass->numbers, (size_t)count, bytes, "the metrics of validation");
    }
    return status;
}

static gd_status add_score(const gd_problem *problem, size_t index, gd_scoreboard *self) {
    const gd_score *score = gd_scores[index];
    const int64_t size = size_of(self, score);
    gd_status status = gd_memory_new(&self->value[index], (size_t)size, sizeof *self->value[index],
                                     "the metrics of validation");
    if (status == GD_OK && pass_of(self, score->tally) == NULL) {
        status = add_pass(problem, score->tally, self);
    }
    if (gd_comm_rank(self->comm) == 0) {
        self->bytes += (double)problem->val_count * (double)score->work;
    }
    self->known = false;
    return status;
}

gd_status gd_scoreboard_new(const gd_problem *problem, gd_scoreboard **scoreboard) {
    gd_scoreboard *self = NULL;
    gd_status status = gd_memory_new(&self, 1, sizeof *self, "the metrics of validation");
    *scoreboard = self;
    if (status != GD_OK) {
        return status;
    }
    self->comm = problem->comm;
    self->scored = gd_score_of(problem->model->loss, problem->model->outputs);
    self->classes = problem->classes;
    self->tile_rows = problem->model->tile_rows;
    self->known = true;
    for (size_t i = 0; gd_scores[i] != NULL && status == GD_OK; i++) {
        if (problem->scores[i] && gd_scores[i]->tally != NULL) {
            status = add_score(problem, i, self);
        }
    }
    return status;
}

void gd_scoreboard_free(gd_scoreboard **scoreboard) {
    gd_scoreboard *self = *scoreboard;
    if (self == NULL) {
        return;
    }
    for (int i = 0; i < self->passes; i++) {
        gd_memory_free(&self->pass[i].parts);
        gd_memory_free(&self->pass[i].numbers);
    }
    for (size_t i = 0; i < GD_SCORES; i++) {
        gd_memory_free(&self->value[i]);
    }
    gd_memory_free(scoreboard);
}

double gd_scoreboard_bytes(const gd_scoreboard *scoreboard) {
    return scoreboard->bytes;
}

void gd_scoreboard_count(gd_scoreboard *scoreboard, int64_t first, const gd_batch *tile,
                         const real *output) {
    const int rank = gd_comm_rank(scoreboard->comm);
    for (int i = 0; i < scoreboard->passes; i++) {
        const pass *pass = &scoreboard->pass[i];
        const bool by_row = pass->tally->by_row;
        const int64_t place = by_row ? first : first / scoreboard->tile_rows;
        double *numbers = pass->numbers + (place - pass->parts[rank].first) * pass->width;
        if (!by_row) {
            memset(numbers, 0, (size_t)pass->width * sizeof *numbers);
        }
        pass->tally->count(&scoreboard->scored, tile, output, numbers);
    }
}

/* On rank 0, which has the numbers of all. */
static gd_status find_values(gd_scoreboard *self) {
    gd_status status = GD_OK;
    for (size_t i = 0; gd_scores[i] != NULL && status == GD_OK; i++) {
        if (self->value[i] != NULL) {
            const pass *pass = pass_of(self, gd_scores[i]->tally);
            status = gd_scores[i]->value(&self->scored, pass->count, pass->numbers, self->value[i]);
            if (isnan(*self->value[i])) {
                *self->value[i] = NAN; /* without a sign */
            }
        }
    }
    return status;
}

gd_status gd_scoreboard_end(gd_scoreboard *scoreboard) {
    gd_comm *comm = scoreboard->comm;
    gd_status status = GD_OK;
    for (int i = 0; i < scoreboard->passes; i++) {
        const pass *pass = &scoreboard->pass[i];
        gd_comm_gather(comm, (size_t)pass->width * sizeof *pass->numbers, pass->parts,
                       pass->numbers, pass->numbers);
    }
    if (gd_comm_rank(comm) == 0) {
        status = find_values(scoreboard);
    }
    for (size_t i = 0; gd_scores[i] != NULL; i++) {
        if (scoreboard->value[i] != NULL) {
            gd_comm_broadcast(comm, scoreboard->value[i],
                              (size_t)size_of(scoreboard, gd_scores[i]) * sizeof(double));
        }
    }
    scoreboard->known = true;
    return status;
}

bool gd_scoreboard_known(const gd_scoreboard *scoreboard) {
    return scoreboard->known;
}

const double *gd_scoreboard_value(const gd_scoreboard *scoreboard, const gd_score *score) {
    size_t index = gd_text_index(score->name, gd_score_name);
    return scoreboard->value[index];
}

void gd_scoreboard_log(const gd_scoreboard *scoreboard, bool last, gd_metrics *metrics) {
    const int64_t classes = scoreboard->scored.classes;
    for (size_t i = 0; gd_scores[i] != NULL; i++) {
        const double *value = scoreboard->value[i];
        const char *key = gd_scores[i]->key;
        if (value != NULL && !gd_scores[i]->matrix) {
            gd_metrics_number(metrics, key, *value);
        } else if (value != NULL && last) {
            gd_metrics_matrix(metrics, key, classes, classes, value);
        }
    }
}

void gd_scoreboard_print_matrix(const gd_scoreboard *scoreboard, const double *matrix,
                                const char *where) {
    gd_confusion_print(scoreboard->scored.classes, scoreboard->classes, matrix, where, stdout);
}

void gd_scoreboard_print(const gd_scoreboard *scoreboard) {
    for (size_t i = 0; gd_scores[i] != NULL; i++) {
        const double *value = scoreboard->value[i];
        if (value != NULL && gd_scores[i]->matrix) {
            gd_scoreboard_print_matrix(scoreboard, value, "in the end line of metrics.jsonl");
        } else if (value != NULL) {
            printf("          val %s %.6g\n", gd_scores[i]->name, *value);
        }
    }
}
