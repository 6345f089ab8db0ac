# kinde-migrate: completion for fish
function __kinde_migrate_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] __complete -- $words[2..-1] "+$current" 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path (string replace -r '^--[^=]*=' '' -- $current)
            case ':folders'
                __fish_complete_directories (string replace -r '^--[^=]*=' '' -- $current) ''
            case ':*'
            case '*'
                printf '%s\n' $line
        end
    end
end
complete -c kinde-migrate -f -k -a '(__kinde_migrate_complete)'
