#!/usr/bin/env bash
# Each script says how it is called, and names an option that it does not know, wherever it is called from.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

cp -r "$root/scripts" . && chmod -R u+w scripts
for script in scripts/*; do
    # sbatch's script hands all its words on.
    if ! [ -f "$script" ] || ! [ -x "$script" ] || [ "$script" = scripts/gdmpi.sbatch ]; then
        continue
    fi
    "$script" --help >out.help 2>err.help || failed "$script --help ends with $?: $(cat err.help)"
    grep -q "^Usage: $script" out.help || failed "$script --help has no usage"
    code=0
    (cd scripts/pictures && "../${script#*/}" --foo) >out.foo 2>err.foo || code=$?
    if [ "$code" != 2 ] || [ -s out.foo ] || [ "$(cat err.foo)" != "$script: unknown option '--foo'; see $script --help" ]; then
        failed "$script --foo ends with $code and says: $(cat out.foo err.foo)"
    fi
done
finish
