#compdef kinde-migrate
# kinde-migrate: completion for zsh
_kinde_migrate() {
  local -a lines choices
  local line files="" word
  lines=("${(@f)$("${words[1]}" __complete -- "${(@)words[2,CURRENT-1]}" "+${PREFIX}" 2>/dev/null)}")
  for line in "${lines[@]}"; do
    case "$line" in
      :*) files="$line" ;;
      ?*)
        word="${line%%$'\t'*}"
        if [[ "$line" == *$'\t'* ]]; then
          choices+=("${word//:/\\:}:${line#*$'\t'}")
        else
          choices+=("${word//:/\\:}")
        fi
        ;;
    esac
  done
  (( ${#choices} )) && _describe -V 'kinde-migrate' choices
  case "$files" in
    :files) [[ "$PREFIX" == --*=* ]] && compset -P '*='; _files ;;
    :folders) [[ "$PREFIX" == --*=* ]] && compset -P '*='; _files -/ ;;
  esac
  return 0
}
if ! (( $+functions[compdef] )); then
  autoload -Uz compinit && compinit -u
fi
compdef _kinde_migrate kinde-migrate
