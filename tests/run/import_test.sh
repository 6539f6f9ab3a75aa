#!/usr/bin/env bash
# gdmpi import makes data files that gdmpi trains on; what it is given wrong leaves nothing behind.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

# table ROWS: two classes that a line divides, sorted, with a column of categories and a missing value.
table() {
    awk -v rows="$1" 'BEGIN {
        srand(1)
        print "width,height,color,kind"
        for (i = 0; i < rows; i++) {
            width = rand(); height = rand()
            if ((i < rows / 2) == (width > height)) { swap = width; width = height; height = swap }
            print (i == 7 ? "NA" : width) "," height "," (i % 3 ? "red" : "blue") "," (i < rows / 2 ? "tall" : "wide")
        }
    }'
}
table 400 >table.csv
gzip -k table.csv

# From a table to a model.
ranks 1 import csv table.csv -o table.h5 --missing drop --split 0.8,0.1,0.1
expect_out '^x      \[4\] of float32 a row$'
expect_out '^       color: 2 categories, blue, red$'
expect_out '^y      2 classes of kind: tall, wide$'
expect_out '^train  319 rows$'
expect_out '^val    40 rows$'
expect_out '^test   40 rows$'
expect_out '^table.h5 is written$'
cat >run.ini <<'END'
[data]
file = table.h5
shards = 3
normalize = standardize

[model]
layers = dense 2
loss = cross_entropy

[optimizer]
name = adam
lr = 0.05

[train]
epochs = 30
batch_size = 32
END
ranks 3 run.ini
accuracy=$(sed -n '/"event": "end"/ s/.*"val_accuracy": \([0-9.]*\).*/\1/p' runs/run/metrics.jsonl)
awk -v accuracy="$accuracy" 'BEGIN { exit !(accuracy > 0.9) }' || failed "the accuracy is '$accuracy'"

# On several ranks, and from a compressed file, it makes the same; an output is replaced.
mv table.h5 first.h5
echo 'not a data file' >table.h5
ranks 3 import csv table.csv.gz -o table.h5 --missing drop --split 0.8,0.1,0.1
cmp table.h5 first.h5 || failed 'a compressed table makes another file'

# Help.
ranks 1 import --help
expect_out '^  libsvm INPUT...$'
expect_out '^  --split TRAIN,VAL\[,TEST\]   \(csv, libsvm, npy\)$'
[ "$(awk 'length > 80' out.run)" = '' ] || failed 'the help has long lines'

# What is wrong.
expect_error 2 'table.csv:9: the value of column .width. is missing; --missing mean' import csv table.csv -o new%.h5
expect_error 2 "unknown option '--tagret'; did you mean '--target'\?" import csv table.csv -o new%.h5 --tagret kind
expect_error 2 "table.csv: --target: there is no column 'kin'; did you mean 'kind'\?" \
    import csv table.csv -o new%.h5 --target kin
expect_error 2 "table.csv:1: 'width,height,color,kind' is no label" import libsvm table.csv -o new%.h5
expect_error 2 'table.csv: is not a file of numpy.save' import npy table.csv table.csv -o new%.h5
expect_error 2 'absent.csv: cannot be read: No such file' import csv absent.csv -o new%.h5
expect_error 2 'nowhere/new.*.h5: cannot be written: there is no folder nowhere' import csv table.csv -o nowhere/new%.h5
expect_error 2 '\.: is a folder; the name of a file is needed' import csv table.csv -o .
printf 'a,b\n1e400,1\n2,2\n' >huge.csv
expect_error 2 "huge.csv:3: column 'a' holds '2', after the text '1e400'" import csv huge.csv -o new%.h5
expect_error 2 'table.csv: is an input, and would be overwritten' import csv table.csv -o table.csv
printf 'a,b\n1,2\n' >one.csv
expect_error 2 'one.csv: of 1 row, --split 0.5,0.5 leaves none for /val' import csv one.csv -o new%.h5 --split 0.5,0.5
mkfifo pipe
expect_error 2 'pipe: is no file but a pipe' import csv pipe -o new%.h5
wait
compgen -G 'new*.h5*' >/dev/null && failed 'a failed import leaves a file'

# A signal.
table 300000 >large.csv
start 1 import csv large.csv -o large.h5 --missing mean
wait_for 'the output' test -e large.h5.tmp
kill -TERM "$run"
ended
expect_code run 1
expect_message run 'stopped by signal 15; nothing is written'
compgen -G 'large.h5*' >/dev/null && failed 'a stopped import leaves a file'
finish
