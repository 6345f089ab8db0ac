# kinde-migrate: completion for bash
_kinde_migrate() {
  local IFS=$'\n' line word tab=$'\t' files=""
  local cur="${COMP_WORDS[COMP_CWORD]}"
  local -a words=() means=()
  COMPREPLY=()
  while read -r line; do
    case "$line" in
      :*) files="$line" ;;
      *)
        word="${line%%"$tab"*}"
        # bash takes --flag=value apart at =
        case "$word" in --*=*) [[ "$COMP_WORDBREAKS" == *=* ]] && word="${word#*=}" ;; esac
        words+=("$word")
        if [[ "$line" == *"$tab"* ]]; then means+=("${line#*"$tab"}"); else means+=(""); fi
        ;;
    esac
  done < <("${COMP_WORDS[0]/#\~/$HOME}" __complete -- "${COMP_WORDS[@]:1:COMP_CWORD-1}" "+$cur" 2>/dev/null)
  [ "$cur" = "=" ] && cur=""
  case "$files" in
    :files) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
    :folders) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$cur")) ;;
  esac
  if [ ${#words[@]} -eq 1 ]; then
    COMPREPLY+=("${words[0]}")
    return
  fi
  local i width=0 room="${COLUMNS:-80}"
  for word in "${words[@]}"; do ((${#word} > width)) && width=${#word}; done
  for ((i = 0; i < ${#words[@]}; i++)); do
    line="${words[i]}"
    if [ -n "${means[i]}" ]; then
      printf -v line "%-${width}s  (%s" "${words[i]}" "${means[i]}"
      if ((${#line} > room - 4)); then line="${line:0:room-5}…"; fi
      line="$line)"
    fi
    COMPREPLY+=("$line")
  done
}
complete -o nosort -F _kinde_migrate kinde-migrate 2>/dev/null || complete -F _kinde_migrate kinde-migrate
