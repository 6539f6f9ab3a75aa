# How words of gdmpi's command line are completed. scripts/completion puts the tables before it: what follows a command
# (operands, where the main job is called CONFIG.ini), its options with their values, and the choices of settings.
# shellcheck shell=bash disable=SC2154

# What may stand in a place that a usage calls so, and begins as $cur does.
_gdmpi_offer() {
    local word names=("${!settings[@]}") after='='
    case $1 in
        SECTION.KEY=VALUE*)
            [[ $cur == *.* ]] || names=("${names[@]%%.*}") after=.
            mapfile -t COMPREPLY < <(compgen -W "${names[*]}" -S "$after" -- "$cur" | sort -u)
            compopt -o nospace 2>/dev/null
            ;;
        *.[a-z]*)
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(
                compgen -d -- "$cur"
                for word in ${1//|/ }; do
                    compgen -f -X "!*.${word##*.}" -- "$cur"
                done
            )
            ;;
        FILE | INPUT*)
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            ;;
        *[a-z]*) mapfile -t COMPREPLY < <(compgen -W "${1//|/ }" -- "$cur") ;;
    esac
}

# The values of the setting in $cur, which begins with its name and =.
_gdmpi_offer_values() {
    local name=${cur%%=*} cur=${cur#*=}
    _gdmpi_offer "${settings[$name]-}"
    COMPREPLY=("${COMPREPLY[@]/#/$name=}")
}

# Besides what is offered already.
_gdmpi_offer_commands() {
    unset 'operands[CONFIG.ini]'
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "${!operands[*]}" -- "$cur")
}

_gdmpi() {
    local -A operands options settings
    _gdmpi_tables
    local line=${COMP_LINE:0:COMP_POINT} words cur command=CONFIG.ini at=1 place=0 value='' names=() of mark
    # Blanks with a backslash before them belong to a word, and backslashes do not.
    # shellcheck disable=SC2162
    read -a words <<<"${line// --quiet / }."
    cur=${words[-1]%.}
    COMPREPLY=()
    if [ "${#words[@]}" -gt 2 ] && [ -n "${operands[${words[1]}]+there}" ]; then
        command=${words[1]} at=2
    fi

    # What the words before the last leave to come.
    for ((; at < ${#words[@]} - 1; at++)); do
        if [ -n "$value" ]; then
            value=''
        elif [[ ${words[at]} == -* ]]; then
            value=${options[$command ${words[at]}]-}
        else
            place=$((place + 1))
        fi
    done
    # shellcheck disable=SC2206 # a word for each
    of=(${operands[$command]})
    [[ ${of[-1]} != *... ]] || [ "$place" -lt "${#of[@]}" ] || place=$((${#of[@]} - 1))

    if [ -n "$value" ]; then
        _gdmpi_offer "$value"
    elif [ "${words[1]}" = --help ] && [ "${#words[@]}" -gt 2 ]; then
        _gdmpi_offer_commands
    elif [[ $cur == -* ]]; then
        for at in "${!options[@]}"; do
            [ "${at% *}" != "$command" ] || names+=("${at#* }")
        done
        [ "${#words[@]}" != 2 ] || names+=(--version)
        mapfile -t COMPREPLY < <(compgen -W "${names[*]}" -- "$cur")
    elif [[ ${of[place]-} == SECTION.KEY=VALUE* && $cur == ?*.?*=* ]]; then
        _gdmpi_offer_values
    else
        _gdmpi_offer "${of[place]-}"
    fi
    if [ "${#words[@]}" = 2 ] && [[ $cur != -* ]]; then
        _gdmpi_offer_commands
    fi

    # What readline takes for a word begins behind these.
    for mark in = :; do
        if [[ $COMP_WORDBREAKS == *"$mark"* && $cur == *"$mark"* ]]; then
            COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*"$mark"}"}"}")
        fi
    done
}
complete -F _gdmpi gdmpi
