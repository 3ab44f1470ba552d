# SPDX-License-Identifier: Apache-2.0
# bash completion for quell(1)

# Ids and digests are asked for only where the daemon answers at once.
_quell_incidents() {
    quell incidents --json 2>/dev/null | sed -n 's/^      "id": "\([0-9a-z]*\)",*$/\1/p'
}

# Also of those that are decided: one that is in force, or expired.
_quell_all_incidents() {
    quell incidents --all --json 2>/dev/null | sed -n 's/^      "id": "\([0-9a-z]*\)",*$/\1/p'
}

_quell_codes() {
    quell policy explain 2>/dev/null | sed -n 's/^\(Q[0-9]*\) .*/\1/p'
}

_quell() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} verb= sub= i skip=
    local globals="--json --utc --socket --version --help"
    for ((i = 1; i < COMP_CWORD; i++)); do
        if [[ -n $skip ]]; then skip=; continue; fi
        case ${COMP_WORDS[i]} in
            --socket | --reason | --for | --follow | --confirm | --select | --digest | --limit | --after | --head | --incident | --dir | --policies | --output | -o | --from | --container | --pid | --file | --allow | --scope | --pod | --with | --below) skip=1 ;;
            -*) ;;
            *) if [[ -z $verb ]]; then verb=${COMP_WORDS[i]}; elif [[ -z $sub ]]; then sub=${COMP_WORDS[i]}; fi ;;
        esac
    done
    case $previous in
        --socket | --policies | --output | -o) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
        --dir) mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
        --file) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
        --from)
            [[ $verb != respond ]] || { mapfile -t COMPREPLY < <(compgen -W "$(_quell_all_incidents)" -- "$current"); return; }
            mapfile -t COMPREPLY < <(compgen -W falco -- "$current")
            return
            ;;
        --with) mapfile -t COMPREPLY < <(compgen -W capture -- "$current"); return ;;
        --incident) mapfile -t COMPREPLY < <(compgen -W "$(_quell_all_incidents)" -- "$current"); return ;;
        --reason | --for | --follow | --confirm | --select | --digest | --limit | --after | --head | --container | --pod | --pid | --allow | --below) return ;;
        --scope) mapfile -t COMPREPLY < <(compgen -W pod -- "$current"); return ;;
    esac
    local words= responses="kill-container kill-process quarantine-file pause-container stop-container isolate-network acquire-file capture deny-write deny-exec"
    case $verb in
        "") words="status incidents show preview approve reject undo assign note respond extend history watch evidence policy doctor console version" ;;
        incidents) words="--all" ;;
        show) words=$(_quell_all_incidents) ;;
        preview)
            if [[ -z $sub ]]; then words="--scope --all-instances $(_quell_incidents)"; else words="--scope --all-instances $responses"; fi
            ;;
        approve)
            words="--reason --dry-run --confirm --break-glass --select --digest --allow --allow-node --loopback --scope --all-instances --with --copy --below --follow --no-follow --kill-holders"
            if [[ -z $sub ]]; then words+=" $(_quell_incidents)"; else words+=" $responses"; fi
            ;;
        reject) words="--reason --dry-run $(_quell_incidents)" ;;
        undo) words="--reason --dry-run $(_quell_all_incidents)" ;;
        assign | note) words="--dry-run $(_quell_all_incidents)" ;;
        console) words="--no-color --ascii" ;;
        respond) words="--container --pid --file --from --reason --below --yes -y --allow --allow-node --loopback --scope --pod --all-instances --with --copy --dry-run --follow --kill-holders --confirm --break-glass $responses" ;;
        extend) words="--for --reason --dry-run $(_quell_all_incidents)" ;;
        doctor) words="--verbose" ;;
        history) words="verify --head --limit --incident --json-lines --after" ;;
        watch) words="--no-reconnect $(_quell_incidents)" ;;
        evidence)
            case $sub in
                "") words="list show verify export" ;;
                show | verify) words=$(_quell_all_incidents) ;;
                export)
                    words=$(_quell_all_incidents)
                    mapfile -t COMPREPLY < <(compgen -d -- "$current")
                    ;;
            esac
            ;;
        policy)
            case $sub in
                "") words="check apply rollback test list show diff fmt compile import dump operations explain" ;;
                check | diff | show | dump) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
                fmt)
                    words="--check --write"
                    mapfile -t COMPREPLY < <(compgen -f -- "$current")
                    ;;
                compile)
                    words="--output --allow-empty"
                    mapfile -t COMPREPLY < <(compgen -f -- "$current")
                    ;;
                import)
                    words="--from --output --force --with-disabled"
                    mapfile -t COMPREPLY < <(compgen -f -- "$current")
                    ;;
                explain) words=$(_quell_codes) ;;
                rollback) words="--dry-run" ;;
                test)
                    words="--policies --kernel --allow-not-tried"
                    mapfile -t COMPREPLY < <(compgen -f -- "$current")
                    ;;
                apply)
                    words="--dir --dry-run --allow-empty"
                    mapfile -t COMPREPLY < <(compgen -f -- "$current")
                    ;;
            esac
            ;;
    esac
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$words $globals" -- "$current")
}

complete -F _quell quell
