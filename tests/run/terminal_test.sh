#!/usr/bin/env bash
# On a terminal there are colours and a bar, which fits and is gone in the end, also behind mpirun and after a Ctrl-C; elsewhere
# there are plain lines; with --quiet none at all.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/support.sh"

command -v script >/dev/null || { echo 'no program "script"' && exit 77; }
escape=$(printf '\033')
small_run 0.003 3

# on_terminal COLUMNS N ARGUMENT...: a run of gdmpi on N ranks, on a terminal of that width; seen.run is what it writes to it, and
# what the array `keys` prints is typed.
keys=(true)
on_terminal() {
    local columns=$1 command session
    command="$gdmpi ${*:3}"
    [ "$2" = 1 ] || command="${MPIRUN:-mpirun} -np $2 $command"
    echo "on a terminal of $columns columns: $command" >command.run
    session=$(mktemp -d "$sessions/XXXX") || exit 1
    "${keys[@]}" | TERM=${kind-xterm} TMPDIR=$session timeout -s KILL "$limit" \
        script -qec "stty cols $columns; $command" typescript >seen.run
    echo "${PIPESTATUS[1]}" >code.run
    : >err.run
    # What is left on the screen, line by line.
    sed -E 's/\r+$//; s/.*\r(\x1b\[K)?//' seen.run >out.run
}

# fits COLUMNS [PATTERN]: no line of what was seen is longer, once what moves the cursor or colours is taken away; of those with
# this pattern.
fits() {
    local long
    long=$(tr '\r' '\n' <seen.run | sed -E 's/\x1b\[[0-9;]*[Km]//g' | grep -E -- "${2:-.}" | awk -v most="$1" 'length > most')
    [ -z "$long" ] || failed "more than $1 columns: $long"
}

has() {
    grep -Eq -- "$1" seen.run || { failed "no '$1' is seen" && cat -v seen.run; }
}

has_not() {
    ! grep -Eq -- "$1" seen.run || { failed "'$1' is seen" && cat -v seen.run; }
}

bar="\[[= ]+\] +[0-9]+ %  .* left"
green="$escape\[32m +1 "
for count in 1 2; do
    rm -rf run
    on_terminal 80 "$count" run.ini run.dir=run train.max_steps=12
    expect_code run 0
    has "$green"
    fits 80
    NO_COLOR=1 on_terminal 60 "$count" run.ini run.dir=run run.resume=never train.max_steps=12
    has_not "$escape\[[0-9]*m"
    has '^epoch +train loss +val loss val accuracy +time.$'
    fits 60 '^epoch|^ +[0-9]+ '
done
kind=dumb on_terminal 80 1 run.ini run.dir=run run.resume=never
has_not "$escape"

# An import has a bar with its rate; this one takes longer than it takes for one to be drawn, for it is held up.
hold_up() {
    local pid last=$((SECONDS + limit))
    until [ -e held.h5.tmp ] || [ -e held.h5 ] || [ "$SECONDS" -ge "$last" ]; do
        sleep 0.01
    done
    for pid in $(processes); do
        [ ! "/proc/$pid/exe" -ef "$gdmpi" ] || kill -STOP "$pid"
    done
    # script stops where its child has.
    while [ -e held.h5.tmp ] && [ "$SECONDS" -lt "$last" ]; do
        sleep 0.3
        processes | xargs -r kill -CONT
    done
}
yes 0.5,1.5,2 | head -n 1000000 >held.csv
keys=(hold_up)
on_terminal 80 1 import csv held.csv -o held.h5
expect_code run 0
has "(looking at columns|reading|writing) +($bar)  [0-9,]+ rows/s"
fits 80
keys=(true)

# An error is red on a terminal, whichever of the two streams of mpirun it goes through.
for count in 1 2; do
    on_terminal 80 "$count" absent.ini
    expect_code run 2
    has "$escape\[31mgdmpi: $escape\[0mabsent.ini: cannot be read"
done

# A Ctrl-C while the bar stands, in a run that has no end. With one rank it is gdmpi's; mpirun has its own way to end ranks.
typing() {
    local last=$((SECONDS + limit))
    while ! grep -Eqs "$bar" typescript && [ "$SECONDS" -lt "$last" ]; do
        sleep 0.05
    done
    printf '\003'
    sleep 1
}
keys=(typing)
for count in 1 2; do
    rm -rf run typescript
    on_terminal 50 "$count" run.ini run.dir=run optimizer.lr=0.00001 train.epochs=1000000 run.log_every=1000
    has "$bar"
    fits 50 ' left'
    ! grep -Eq "$bar" out.run || { failed 'a bar is left' && cat -v seen.run; }
done
keys=(true)

# Elsewhere there is none of it, whatever the terminal is called.
rm -rf run
TERM=xterm ranks 2 run.ini run.dir=run
! grep -q "[$escape]" out.run || failed 'escape codes in a file'

# With --quiet, wherever it stands, nothing is said but what is wrong.
rm -rf run
for words in '3 run.ini --quiet run.dir=run' '1 --quiet check run.ini run.dir=run' '1 evaluate run/model.h5 --quiet classes.h5'; do
    # shellcheck disable=SC2086 # words
    ranks $words
    [ ! -s out.run ] || { failed "not quiet: $words" && show run; }
done
expect_error 2 'absent.ini: cannot be read: No such file' absent.ini --quiet
finish
