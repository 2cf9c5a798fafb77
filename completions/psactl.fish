# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_psactl_global_optspecs
    string join \n config= state= output= q/quiet v/verbose color= no-input h/help V/version
end

function __fish_psactl_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_psactl_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_psactl_using_subcommand
    set -l cmd (__fish_psactl_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c psactl -n "__fish_psactl_needs_command" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_needs_command" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_needs_command" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_needs_command" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_needs_command" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_needs_command" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_needs_command" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_needs_command" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_needs_command" -f -a "demo" -d 'Show the whole job on a simulated PSA; nothing to configure'
complete -c psactl -n "__fish_psactl_needs_command" -f -a "init" -d 'Ask for what psactl needs, test it, and write psactl.toml'
complete -c psactl -n "__fish_psactl_needs_command" -f -a "setup" -d 'Set up the integration in ConnectWise, step by step'
complete -c psactl -n "__fish_psactl_needs_command" -f -a "companies" -d 'Link customers of the portal to companies of ConnectWise'
complete -c psactl -n "__fish_psactl_needs_command" -f -a "sync" -d 'Push what changed: tickets, backup statistics, billed quantities'
complete -c psactl -n "__fish_psactl_needs_command" -f -a "apply" -d 'Apply a plan that was saved with psactl sync --save-plan'
complete -c psactl -n "__fish_psactl_needs_command" -f -a "status" -d 'Show how things stand, what waits for a person, what fails'
complete -c psactl -n "__fish_psactl_needs_command" -f -a "why" -d 'Show why a customer\'s invoice says what it says'
complete -c psactl -n "__fish_psactl_needs_command" -f -a "report" -d 'Report a month: use, billing, money, backup results'
complete -c psactl -n "__fish_psactl_needs_command" -f -a "pause" -d 'Write nothing for some customers until a date'
complete -c psactl -n "__fish_psactl_needs_command" -f -a "resume" -d 'End pauses before their time'
complete -c psactl -n "__fish_psactl_needs_command" -f -a "review" -d 'Show the changes that are held, and approve or reject them'
complete -c psactl -n "__fish_psactl_needs_command" -f -a "events" -d 'Show the event log: what happened, what was done, what failed'
complete -c psactl -n "__fish_psactl_needs_command" -f -a "reprocess" -d 'Run the notification actions of events again, now'
complete -c psactl -n "__fish_psactl_needs_command" -f -a "history" -d 'Show the runs that wrote, and every write, before and after'
complete -c psactl -n "__fish_psactl_needs_command" -f -a "undo" -d 'Take back what a run wrote: quantities, descriptions, statistics'
complete -c psactl -n "__fish_psactl_needs_command" -f -a "state" -d 'Show psactl\'s own state, or build it anew from ConnectWise'
complete -c psactl -n "__fish_psactl_needs_command" -f -a "doctor" -d 'Check everything and say what is wrong, with evidence and fix'
complete -c psactl -n "__fish_psactl_needs_command" -f -a "config" -d 'Show the configuration, where it is, and whether it is right'
complete -c psactl -n "__fish_psactl_needs_command" -f -a "portal" -d 'Look at the backup portal\'s data'
complete -c psactl -n "__fish_psactl_needs_command" -f -a "sandbox" -d 'Serve a simulated ConnectWise PSA on loopback, until Ctrl-C'
complete -c psactl -n "__fish_psactl_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c psactl -n "__fish_psactl_needs_command" -f -a "man" -d 'Write the manual pages into a folder, one for each command'
complete -c psactl -n "__fish_psactl_needs_command" -f -a "help" -d 'Show the help of a command, or of a topic such as exit-codes'
complete -c psactl -n "__fish_psactl_using_subcommand demo" -l portal -d 'Where the portal\'s data come from' -r -f -a "files\t'CSV or JSON exports of the portal'
x360recover\t'Axcient\'s x360Recover API'"
complete -c psactl -n "__fish_psactl_using_subcommand demo" -l keep -d 'Keep configuration, exports and state in this folder' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand demo" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand demo" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand demo" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand demo" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand demo" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand demo" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand demo" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand demo" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand init" -l from -d 'Take the answers of another psactl.toml as defaults' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand init" -l site -d 'Address of ConnectWise\'s login page, as you have it, or a region: na, eu, au, aus, za, staging' -r
complete -c psactl -n "__fish_psactl_using_subcommand init" -l company-id -d 'What you type as Company at login' -r
complete -c psactl -n "__fish_psactl_using_subcommand init" -l client-id -d 'Your client ID, a GUID from https://developer.connectwise.com/ClientID' -r
complete -c psactl -n "__fish_psactl_using_subcommand init" -l ca-file -d 'PEM file of a private certificate authority' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand init" -l management-solution -d 'Name of the management solution (guide step 4) [default: eFolder]' -r
complete -c psactl -n "__fish_psactl_using_subcommand init" -l managed-id-prefix -d 'What stands before a customer\'s ID in its Managed ID [default: EFS-]' -r
complete -c psactl -n "__fish_psactl_using_subcommand init" -l public-key -d 'Public key of an API member' -r
complete -c psactl -n "__fish_psactl_using_subcommand init" -l private-key-file -d 'File with the API member\'s private key, readable by you alone' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand init" -l private-key-command -d 'Command that prints the API member\'s private key' -r
complete -c psactl -n "__fish_psactl_using_subcommand init" -l private-key-env -d 'Environment variable with the API member\'s private key' -r
complete -c psactl -n "__fish_psactl_using_subcommand init" -l username -d 'User name of an integrator login, in place of an API member\'s keys' -r
complete -c psactl -n "__fish_psactl_using_subcommand init" -l password-file -d 'File with the password of --username, readable by you alone' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand init" -l password-command -d 'Command that prints the password of --username' -r
complete -c psactl -n "__fish_psactl_using_subcommand init" -l password-env -d 'Environment variable with the password of --username' -r
complete -c psactl -n "__fish_psactl_using_subcommand init" -l integrator-username -d 'User name of the login [default: efolder-api]' -r
complete -c psactl -n "__fish_psactl_using_subcommand init" -l integrator-password-file -d 'File with the login\'s password [default: a password is made up and kept in integrator-password]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand init" -l integrator-password-command -d 'Command that prints the login\'s password' -r
complete -c psactl -n "__fish_psactl_using_subcommand init" -l integrator-password-env -d 'Environment variable with the login\'s password' -r
complete -c psactl -n "__fish_psactl_using_subcommand init" -l integrations -d 'These integrations and no others, with commas between them [default: all three]' -r -f -a "tickets\t'Service tickets for backup problems'
statistics\t'Statistics of the executive management report'
billing\t'Quantities of agreement additions'"
complete -c psactl -n "__fish_psactl_using_subcommand init" -l board -d 'The service board for tickets, by its name in ConnectWise' -r
complete -c psactl -n "__fish_psactl_using_subcommand init" -l severities -d 'Severities that open a ticket, with commas between them [default: warning,error]' -r -f -a "ok\t''
warning\t''
error\t''"
complete -c psactl -n "__fish_psactl_using_subcommand init" -l visible-to-customer -d 'Whether the customer\'s contact reads the notes of tickets [default: false]' -r -f -a "true\t''
false\t''"
complete -c psactl -n "__fish_psactl_using_subcommand init" -l services -d 'These groups of services are billed and no others, with commas between them [default: all but local-backup-storage]' -r -f -a "online-backup-storage\t'select-storage, basic-storage, bdr-storage'
online-backup-computers\t'online-servers, online-desktops'
local-backup-storage\t'local-storage'
local-backup-licenses\t'local-servers, local-desktops'
email-archiving\t'email-archiving'
email-filtering\t'email-filtering'
other-licenses\t'bdr-servers, bdr-desktops'"
complete -c psactl -n "__fish_psactl_using_subcommand init" -l product -d 'The product of a service, by its Product ID, where it is not the guide\'s; may be repeated. SERVICE is one of select-storage, basic-storage, bdr-storage, online-servers, online-desktops, local-storage, local-servers, local-desktops, bdr-servers, bdr-desktops, email-archiving, email-filtering' -r
complete -c psactl -n "__fish_psactl_using_subcommand init" -l price -d 'The unit price at which set-up makes a product that ConnectWise lacks, such as basic-storage=1.50; may be repeated. SERVICE as for --product' -r
complete -c psactl -n "__fish_psactl_using_subcommand init" -l invoice-descriptions -d 'Whether invoice descriptions are written [default: true]' -r -f -a "true\t''
false\t''"
complete -c psactl -n "__fish_psactl_using_subcommand init" -l portal-source -d 'Where the portal\'s data come from [default: files]' -r -f -a "files\t'CSV or JSON exports of the portal'
x360recover\t'Axcient\'s x360Recover API'"
complete -c psactl -n "__fish_psactl_using_subcommand init" -l accounts -d 'The portal\'s export of the account list with usage: a file, a folder, a pattern or an https address' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand init" -l events -d 'The portal\'s export of the event log: a file, a folder, a pattern or an https address' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand init" -l time-zone -d 'Zone of times in the exports that carry none, such as America/New_York; write none to refuse such times' -r
complete -c psactl -n "__fish_psactl_using_subcommand init" -l portal-url -d 'Address of Axcient\'s API, if it is not the usual one' -r
complete -c psactl -n "__fish_psactl_using_subcommand init" -l api-key-file -d 'File with the x360Recover API key, readable by you alone' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand init" -l api-key-command -d 'Command that prints the x360Recover API key' -r
complete -c psactl -n "__fish_psactl_using_subcommand init" -l api-key-env -d 'Environment variable with the x360Recover API key' -r
complete -c psactl -n "__fish_psactl_using_subcommand init" -l storage-service -d 'What storage in Axcient\'s cloud is billed as' -r -f -a "basic-storage\t'Basic Online Backup Storage'
select-storage\t'Select Online Backup Storage'
bdr-storage\t'ShadowProtect BDR Storage'"
complete -c psactl -n "__fish_psactl_using_subcommand init" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand init" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand init" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand init" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand init" -l dry-run -d 'Show the file; write nothing'
complete -c psactl -n "__fish_psactl_using_subcommand init" -l skip-test -d 'Do not ask ConnectWise, nor look at the exports: write the file untested'
complete -c psactl -n "__fish_psactl_using_subcommand init" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand init" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand init" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand init" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand setup" -l effective-date -d 'For the step agreements: from when an addition bills whose agreement has no next invoice ahead' -r
complete -c psactl -n "__fish_psactl_using_subcommand setup" -l flat-fee -d 'For the step agreements: bill the flat fee of [billing.flat_fees] beside each new addition of this service; may be repeated' -r -f -a "select-storage\t'Select Online Backup Storage'
basic-storage\t'Basic Online Backup Storage'
bdr-storage\t'ShadowProtect BDR Storage'
online-servers\t'Online Backup # Servers'
online-desktops\t'Online Backup # Desktops'
local-storage\t'Local Backup Storage'
local-servers\t'Local Backup # Servers'
local-desktops\t'Local Backup # Desktops'
bdr-servers\t'ShadowProtect BDR Servers'
bdr-desktops\t'ShadowProtect BDR Desktops'
email-archiving\t'Email Archiving # Mailboxes'
email-filtering\t'Email Filtering # Mailboxes'"
complete -c psactl -n "__fish_psactl_using_subcommand setup" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand setup" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand setup" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand setup" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand setup" -l check -d 'Only look; exit with 8 where something is missing'
complete -c psactl -n "__fish_psactl_using_subcommand setup" -l dry-run -d 'Show what would be done; write nothing'
complete -c psactl -n "__fish_psactl_using_subcommand setup" -l apply -d 'Make the changes, asking before each step (in a terminal this is the default)'
complete -c psactl -n "__fish_psactl_using_subcommand setup" -l yes -d 'With --apply: do it without asking'
complete -c psactl -n "__fish_psactl_using_subcommand setup" -l vendor-sync-is-off -d 'For the step portal: confirm that the vendor\'s own ConnectWise synchronisation and ticket notifications are turned off at the portal, so that nobody bills or opens tickets twice'
complete -c psactl -n "__fish_psactl_using_subcommand setup" -l new-password -d 'For the step integrator-login: give the login the password of psactl.toml, although it has one'
complete -c psactl -n "__fish_psactl_using_subcommand setup" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand setup" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand setup" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand setup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand setup" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and not __fish_seen_subcommand_from link unlink adopt suggest import add" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand companies; and not __fish_seen_subcommand_from link unlink adopt suggest import add" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand companies; and not __fish_seen_subcommand_from link unlink adopt suggest import add" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand companies; and not __fish_seen_subcommand_from link unlink adopt suggest import add" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand companies; and not __fish_seen_subcommand_from link unlink adopt suggest import add" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and not __fish_seen_subcommand_from link unlink adopt suggest import add" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and not __fish_seen_subcommand_from link unlink adopt suggest import add" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and not __fish_seen_subcommand_from link unlink adopt suggest import add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and not __fish_seen_subcommand_from link unlink adopt suggest import add" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and not __fish_seen_subcommand_from link unlink adopt suggest import add" -f -a "link" -d 'Link a customer to a company, and make its two Managed ID entries'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and not __fish_seen_subcommand_from link unlink adopt suggest import add" -f -a "unlink" -d 'Forget which company a customer is; write nothing to ConnectWise'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and not __fish_seen_subcommand_from link unlink adopt suggest import add" -f -a "adopt" -d 'Take over the links that ConnectWise already has as Managed IDs'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and not __fish_seen_subcommand_from link unlink adopt suggest import add" -f -a "suggest" -d 'Propose a company for each customer that is not linked; link nobody'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and not __fish_seen_subcommand_from link unlink adopt suggest import add" -f -a "import" -d 'Link many customers from a CSV file with the columns cid and company'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and not __fish_seen_subcommand_from link unlink adopt suggest import add" -f -a "add" -d 'Everything for a new client, up to its first bill: one plan, one yes'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from link" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from link" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from link" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from link" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from link" -l dry-run -d 'Show what would be done; write nothing'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from link" -l yes -d 'Do it without asking'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from link" -l replace -d 'Put this link in place of another one of the same customer'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from link" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from link" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from link" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from link" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from link" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from unlink" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from unlink" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from unlink" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from unlink" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from unlink" -l dry-run -d 'Show what would be done; write nothing'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from unlink" -l yes -d 'Do it without asking'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from unlink" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from unlink" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from unlink" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from unlink" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from unlink" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from adopt" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from adopt" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from adopt" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from adopt" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from adopt" -l dry-run -d 'Show what would be done; write nothing'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from adopt" -l yes -d 'Do it without asking'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from adopt" -l replace -d 'Also take over links that differ from the present ones'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from adopt" -l serial-numbers -d 'Also look for the Managed ID in the serial numbers of agreement additions'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from adopt" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from adopt" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from adopt" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from adopt" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from adopt" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from suggest" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from suggest" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from suggest" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from suggest" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from suggest" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from suggest" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from suggest" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from suggest" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from suggest" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from import" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from import" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from import" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from import" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from import" -l dry-run -d 'Show what would be done; write nothing'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from import" -l yes -d 'Do it without asking'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from import" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from import" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from import" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from import" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from add" -l agreement -d 'The agreement that additions go on, by its id, where several would do' -r
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from add" -l effective-date -d 'From when an addition bills whose agreement has no next invoice ahead' -r
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from add" -l flat-fee -d 'Bill the flat fee of [billing.flat_fees] beside the new addition of this service; may be repeated' -r -f -a "select-storage\t'Select Online Backup Storage'
basic-storage\t'Basic Online Backup Storage'
bdr-storage\t'ShadowProtect BDR Storage'
online-servers\t'Online Backup # Servers'
online-desktops\t'Online Backup # Desktops'
local-storage\t'Local Backup Storage'
local-servers\t'Local Backup # Servers'
local-desktops\t'Local Backup # Desktops'
bdr-servers\t'ShadowProtect BDR Servers'
bdr-desktops\t'ShadowProtect BDR Desktops'
email-archiving\t'Email Archiving # Mailboxes'
email-filtering\t'Email Filtering # Mailboxes'"
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from add" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from add" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from add" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from add" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would be done; write nothing'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from add" -l yes -d 'Do it without asking'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from add" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand companies; and __fish_seen_subcommand_from add" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand sync" -l cid -d 'Only this customer, by its ID at the portal, such as 342; may be repeated' -r
complete -c psactl -n "__fish_psactl_using_subcommand sync" -l only -d 'Only this part of the work' -r -f -a "tickets\t'Tickets for faults'
statistics\t'Backup statistics'
billing\t'Quantities of agreement additions'"
complete -c psactl -n "__fish_psactl_using_subcommand sync" -l save-plan -d 'Write nothing, and save what would be written in FILE: psactl apply FILE writes exactly that' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand sync" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand sync" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand sync" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand sync" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand sync" -l force -d 'Do it although the interval is not over; guards hold all the same'
complete -c psactl -n "__fish_psactl_using_subcommand sync" -l verify -d 'Read back everything, even what did not change'
complete -c psactl -n "__fish_psactl_using_subcommand sync" -l open-standing -d 'Open tickets for the faults that stood at the first run'
complete -c psactl -n "__fish_psactl_using_subcommand sync" -l dry-run -d 'Show what would be done; write nothing'
complete -c psactl -n "__fish_psactl_using_subcommand sync" -l exit-code -d 'With --dry-run: exit with 8 where something would be written, held or blocked'
complete -c psactl -n "__fish_psactl_using_subcommand sync" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand sync" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand sync" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand sync" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand sync" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand apply" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand apply" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand apply" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand apply" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand apply" -l yes -d 'Do it without asking'
complete -c psactl -n "__fish_psactl_using_subcommand apply" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand apply" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand apply" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand apply" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand status" -l late -d 'Critical where no run ended for so long, such as 30m or 2h' -r
complete -c psactl -n "__fish_psactl_using_subcommand status" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand status" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand status" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand status" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand status" -l nagios -d 'One line for Nagios, Icinga and the like, and their exit codes'
complete -c psactl -n "__fish_psactl_using_subcommand status" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand status" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand status" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand status" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand why" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand why" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand why" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand why" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand why" -l offline -d 'Ask nothing of ConnectWise: show what psactl\'s own state knows'
complete -c psactl -n "__fish_psactl_using_subcommand why" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand why" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand why" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand why" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand why" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand report" -l month -d 'The month: 2026-11, last, or this (the default), in ConnectWise\'s time zone' -r
complete -c psactl -n "__fish_psactl_using_subcommand report" -l csv -d 'Write it as CSV for a spreadsheet, to a file or to stdout' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand report" -l html -d 'Write it as one page for a browser or a printer, to a file or to stdout' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand report" -l due -d 'Instead: the agreements invoiced within so long, such as 3d or 1w, and what stands in the way' -r
complete -c psactl -n "__fish_psactl_using_subcommand report" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand report" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand report" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand report" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand report" -l only-linked -d 'Read the agreements of linked companies alone: quicker where there are many others, but additions that nobody has (orphans) are not found on those'
complete -c psactl -n "__fish_psactl_using_subcommand report" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand report" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand report" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand report" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand pause" -l only -d 'Only this part of the work; may be repeated' -r -f -a "tickets\t'Tickets for faults'
statistics\t'Backup statistics'
billing\t'Quantities of agreement additions'"
complete -c psactl -n "__fish_psactl_using_subcommand pause" -l until -d 'When it ends: at the beginning of a day (2026-12-01), or at a moment (2026-12-01T06:00), both in the portal\'s time zone' -r
complete -c psactl -n "__fish_psactl_using_subcommand pause" -l reason -d 'Why: psactl status shows it' -r
complete -c psactl -n "__fish_psactl_using_subcommand pause" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand pause" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand pause" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand pause" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand pause" -l all -d 'Every customer'
complete -c psactl -n "__fish_psactl_using_subcommand pause" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand pause" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand pause" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand pause" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand pause" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand resume" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand resume" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand resume" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand resume" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand resume" -l all -d 'Every pause, those of single customers too'
complete -c psactl -n "__fish_psactl_using_subcommand resume" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand resume" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand resume" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand resume" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand review" -l approve -d 'Approve a held change by its number, or all of them; may be repeated' -r
complete -c psactl -n "__fish_psactl_using_subcommand review" -l reject -d 'Reject a held change by its number; may be repeated' -r
complete -c psactl -n "__fish_psactl_using_subcommand review" -l reason -d 'Why: psactl review shows it beside the change' -r
complete -c psactl -n "__fish_psactl_using_subcommand review" -l take-over -d 'Somebody else changed this agreement addition\'s quantity: let psactl write it again, starting from what it holds now. ADDITION is its id, as psactl sync and doctor show it; may be repeated' -r
complete -c psactl -n "__fish_psactl_using_subcommand review" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand review" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand review" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand review" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand review" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand review" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand review" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand review" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand review" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand events; and not __fish_seen_subcommand_from show" -l cid -d 'Only this customer, by its ID at the portal, such as 342; may be repeated' -r
complete -c psactl -n "__fish_psactl_using_subcommand events; and not __fish_seen_subcommand_from show" -l account -d 'Only this account, by its user name or number; may be repeated' -r
complete -c psactl -n "__fish_psactl_using_subcommand events; and not __fish_seen_subcommand_from show" -l type -d 'Only this type of event; may be repeated' -r -f -a "backup-ok\t''
backup-failed\t''
no-backup\t''
no-error-free-backup\t''
archiving-failed\t''
archiving-ok\t''
bdr-hardware\t''
bdr-hardware-ok\t''
disk-usage\t''
disk-usage-change\t''
disk-usage-ok\t''
other\t''"
complete -c psactl -n "__fish_psactl_using_subcommand events; and not __fish_seen_subcommand_from show" -l severity -d 'Only this severity; may be repeated' -r -f -a "ok\t''
warning\t''
error\t''"
complete -c psactl -n "__fish_psactl_using_subcommand events; and not __fish_seen_subcommand_from show" -l since -d 'Only events since then: 24h, 7d, 2026-11-20 (a day in UTC) or 2026-11-20T14:00Z' -r
complete -c psactl -n "__fish_psactl_using_subcommand events; and not __fish_seen_subcommand_from show" -l until -d 'Only events until then, written as for --since; of a day, in UTC, the whole is meant' -r
complete -c psactl -n "__fish_psactl_using_subcommand events; and not __fish_seen_subcommand_from show" -l match -d 'Only events whose information, or an error of whose notifications, is like this: * stands for any text, ? for one character; without them it may stand anywhere. Case does not matter' -r
complete -c psactl -n "__fish_psactl_using_subcommand events; and not __fish_seen_subcommand_from show" -l limit -d 'At most so many, newest first [default: 25; all with --jsonl]' -r
complete -c psactl -n "__fish_psactl_using_subcommand events; and not __fish_seen_subcommand_from show" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand events; and not __fish_seen_subcommand_from show" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand events; and not __fish_seen_subcommand_from show" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand events; and not __fish_seen_subcommand_from show" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand events; and not __fish_seen_subcommand_from show" -l errors -d 'Only events whose notifications failed'
complete -c psactl -n "__fish_psactl_using_subcommand events; and not __fish_seen_subcommand_from show" -l jsonl -d 'Print JSON Lines: each event as a JSON document (psactl/logged-event/1) on a line of its own'
complete -c psactl -n "__fish_psactl_using_subcommand events; and not __fish_seen_subcommand_from show" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand events; and not __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand events; and not __fish_seen_subcommand_from show" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand events; and not __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand events; and not __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand events; and not __fish_seen_subcommand_from show" -f -a "show" -d 'Show one event with everything that was done for it'
complete -c psactl -n "__fish_psactl_using_subcommand events; and __fish_seen_subcommand_from show" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand events; and __fish_seen_subcommand_from show" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand events; and __fish_seen_subcommand_from show" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand events; and __fish_seen_subcommand_from show" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand events; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand events; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand events; and __fish_seen_subcommand_from show" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand events; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand events; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand reprocess" -l cid -d 'Only this customer, by its ID at the portal, such as 342; may be repeated' -r
complete -c psactl -n "__fish_psactl_using_subcommand reprocess" -l account -d 'Only this account, by its user name or number; may be repeated' -r
complete -c psactl -n "__fish_psactl_using_subcommand reprocess" -l type -d 'Only this type of event; may be repeated' -r -f -a "backup-ok\t''
backup-failed\t''
no-backup\t''
no-error-free-backup\t''
archiving-failed\t''
archiving-ok\t''
bdr-hardware\t''
bdr-hardware-ok\t''
disk-usage\t''
disk-usage-change\t''
disk-usage-ok\t''
other\t''"
complete -c psactl -n "__fish_psactl_using_subcommand reprocess" -l severity -d 'Only this severity; may be repeated' -r -f -a "ok\t''
warning\t''
error\t''"
complete -c psactl -n "__fish_psactl_using_subcommand reprocess" -l since -d 'Only events since then: 24h, 7d, 2026-11-20 (a day in UTC) or 2026-11-20T14:00Z' -r
complete -c psactl -n "__fish_psactl_using_subcommand reprocess" -l until -d 'Only events until then, written as for --since; of a day, in UTC, the whole is meant' -r
complete -c psactl -n "__fish_psactl_using_subcommand reprocess" -l match -d 'Only events whose information, or an error of whose notifications, is like this: * stands for any text, ? for one character; without them it may stand anywhere. Case does not matter' -r
complete -c psactl -n "__fish_psactl_using_subcommand reprocess" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand reprocess" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand reprocess" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand reprocess" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand reprocess" -l errors -d 'Only events whose notifications failed'
complete -c psactl -n "__fish_psactl_using_subcommand reprocess" -l dry-run -d 'Show what would be done; write nothing'
complete -c psactl -n "__fish_psactl_using_subcommand reprocess" -l yes -d 'Do it without asking'
complete -c psactl -n "__fish_psactl_using_subcommand reprocess" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand reprocess" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand reprocess" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand reprocess" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand reprocess" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand history; and not __fish_seen_subcommand_from show" -l cid -d 'Only this customer, by its ID at the portal, such as 342; may be repeated' -r
complete -c psactl -n "__fish_psactl_using_subcommand history; and not __fish_seen_subcommand_from show" -l since -d 'Only runs since then: 24h, 7d, 2026-11-20 (a day in UTC) or 2026-11-20T14:00Z' -r
complete -c psactl -n "__fish_psactl_using_subcommand history; and not __fish_seen_subcommand_from show" -l limit -d 'At most so many, newest first' -r
complete -c psactl -n "__fish_psactl_using_subcommand history; and not __fish_seen_subcommand_from show" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand history; and not __fish_seen_subcommand_from show" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand history; and not __fish_seen_subcommand_from show" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand history; and not __fish_seen_subcommand_from show" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand history; and not __fish_seen_subcommand_from show" -l all -d 'Also runs that wrote nothing'
complete -c psactl -n "__fish_psactl_using_subcommand history; and not __fish_seen_subcommand_from show" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand history; and not __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand history; and not __fish_seen_subcommand_from show" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand history; and not __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand history; and not __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand history; and not __fish_seen_subcommand_from show" -f -a "show" -d 'Show one run with every write, and how it ended'
complete -c psactl -n "__fish_psactl_using_subcommand history; and __fish_seen_subcommand_from show" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand history; and __fish_seen_subcommand_from show" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand history; and __fish_seen_subcommand_from show" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand history; and __fish_seen_subcommand_from show" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand history; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand history; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand history; and __fish_seen_subcommand_from show" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand history; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand history; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand undo" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand undo" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand undo" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand undo" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand undo" -l dry-run -d 'Show what would be done; write nothing'
complete -c psactl -n "__fish_psactl_using_subcommand undo" -l yes -d 'Do it without asking'
complete -c psactl -n "__fish_psactl_using_subcommand undo" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand undo" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand undo" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand undo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand undo" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand state; and not __fish_seen_subcommand_from rebuild keep" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand state; and not __fish_seen_subcommand_from rebuild keep" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand state; and not __fish_seen_subcommand_from rebuild keep" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand state; and not __fish_seen_subcommand_from rebuild keep" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand state; and not __fish_seen_subcommand_from rebuild keep" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand state; and not __fish_seen_subcommand_from rebuild keep" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand state; and not __fish_seen_subcommand_from rebuild keep" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand state; and not __fish_seen_subcommand_from rebuild keep" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand state; and not __fish_seen_subcommand_from rebuild keep" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand state; and not __fish_seen_subcommand_from rebuild keep" -f -a "rebuild" -d 'Build links, tickets of faults and additions anew from ConnectWise'
complete -c psactl -n "__fish_psactl_using_subcommand state; and not __fish_seen_subcommand_from rebuild keep" -f -a "keep" -d 'Go on with this state: a person wrote with psactl\'s login'
complete -c psactl -n "__fish_psactl_using_subcommand state; and __fish_seen_subcommand_from rebuild" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand state; and __fish_seen_subcommand_from rebuild" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand state; and __fish_seen_subcommand_from rebuild" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand state; and __fish_seen_subcommand_from rebuild" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand state; and __fish_seen_subcommand_from rebuild" -l dry-run -d 'Show what would be done; write nothing'
complete -c psactl -n "__fish_psactl_using_subcommand state; and __fish_seen_subcommand_from rebuild" -l yes -d 'Do it without asking'
complete -c psactl -n "__fish_psactl_using_subcommand state; and __fish_seen_subcommand_from rebuild" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand state; and __fish_seen_subcommand_from rebuild" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand state; and __fish_seen_subcommand_from rebuild" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand state; and __fish_seen_subcommand_from rebuild" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand state; and __fish_seen_subcommand_from rebuild" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand state; and __fish_seen_subcommand_from keep" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand state; and __fish_seen_subcommand_from keep" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand state; and __fish_seen_subcommand_from keep" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand state; and __fish_seen_subcommand_from keep" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand state; and __fish_seen_subcommand_from keep" -l yes -d 'Do it without asking'
complete -c psactl -n "__fish_psactl_using_subcommand state; and __fish_seen_subcommand_from keep" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand state; and __fish_seen_subcommand_from keep" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand state; and __fish_seen_subcommand_from keep" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand state; and __fish_seen_subcommand_from keep" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand state; and __fish_seen_subcommand_from keep" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand doctor; and not __fish_seen_subcommand_from explain" -l only -d 'Only this group of checks' -r -f -a "configuration\t'psactl.toml and the secrets'
connection\t'Site, company ID, clock, time zone'
login\t'Login, licence, the integrator login\'s record'
rights\t'What the login may read and write'
setup\t'The steps of set-up that concern no single company'
links\t'Customers, companies and their Managed IDs'
billing\t'Agreement additions and use'
tickets\t'Tickets, and what opens a second one'
portal\t'The portal\'s data'
sync\t'What the next sync would do, what waits, what failed'
state\t'psactl\'s own state'"
complete -c psactl -n "__fish_psactl_using_subcommand doctor; and not __fish_seen_subcommand_from explain" -l cid -d 'Only this customer, by its ID at the portal, such as 342; may be repeated' -r
complete -c psactl -n "__fish_psactl_using_subcommand doctor; and not __fish_seen_subcommand_from explain" -l bundle -d 'Write a file for a support ticket as well: findings, versions, configuration, last runs and request ids; without secrets, with CIDs for customers\' names' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand doctor; and not __fish_seen_subcommand_from explain" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand doctor; and not __fish_seen_subcommand_from explain" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand doctor; and not __fish_seen_subcommand_from explain" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand doctor; and not __fish_seen_subcommand_from explain" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand doctor; and not __fish_seen_subcommand_from explain" -l strict -d 'Exit with 8 on warnings too'
complete -c psactl -n "__fish_psactl_using_subcommand doctor; and not __fish_seen_subcommand_from explain" -l nagios -d 'One line for Nagios, Icinga and the like, and their exit codes'
complete -c psactl -n "__fish_psactl_using_subcommand doctor; and not __fish_seen_subcommand_from explain" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand doctor; and not __fish_seen_subcommand_from explain" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand doctor; and not __fish_seen_subcommand_from explain" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand doctor; and not __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand doctor; and not __fish_seen_subcommand_from explain" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand doctor; and not __fish_seen_subcommand_from explain" -f -a "explain" -d 'Explain a check, or the words of an error: meaning, cause, fix'
complete -c psactl -n "__fish_psactl_using_subcommand doctor; and __fish_seen_subcommand_from explain" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand doctor; and __fish_seen_subcommand_from explain" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand doctor; and __fish_seen_subcommand_from explain" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand doctor; and __fish_seen_subcommand_from explain" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand doctor; and __fish_seen_subcommand_from explain" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand doctor; and __fish_seen_subcommand_from explain" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand doctor; and __fish_seen_subcommand_from explain" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand doctor; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand doctor; and __fish_seen_subcommand_from explain" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand config; and not __fish_seen_subcommand_from show path check" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand config; and not __fish_seen_subcommand_from show path check" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand config; and not __fish_seen_subcommand_from show path check" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand config; and not __fish_seen_subcommand_from show path check" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand config; and not __fish_seen_subcommand_from show path check" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand config; and not __fish_seen_subcommand_from show path check" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand config; and not __fish_seen_subcommand_from show path check" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand config; and not __fish_seen_subcommand_from show path check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand config; and not __fish_seen_subcommand_from show path check" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand config; and not __fish_seen_subcommand_from show path check" -f -a "show" -d 'Show every key with its value, and where that comes from'
complete -c psactl -n "__fish_psactl_using_subcommand config; and not __fish_seen_subcommand_from show path check" -f -a "path" -d 'Print where psactl.toml is, or would be'
complete -c psactl -n "__fish_psactl_using_subcommand config; and not __fish_seen_subcommand_from show path check" -f -a "check" -d 'Check that psactl.toml is right and its secrets can be read'
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from show" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from show" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from show" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from show" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from path" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from path" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from path" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from path" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from path" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from path" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from path" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from path" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from check" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from check" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from check" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from check" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from check" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand config; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand portal; and not __fish_seen_subcommand_from check" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand portal; and not __fish_seen_subcommand_from check" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand portal; and not __fish_seen_subcommand_from check" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand portal; and not __fish_seen_subcommand_from check" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand portal; and not __fish_seen_subcommand_from check" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand portal; and not __fish_seen_subcommand_from check" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand portal; and not __fish_seen_subcommand_from check" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand portal; and not __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand portal; and not __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand portal; and not __fish_seen_subcommand_from check" -f -a "check" -d 'Show what was understood of the data, what was left out and why'
complete -c psactl -n "__fish_psactl_using_subcommand portal; and __fish_seen_subcommand_from check" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand portal; and __fish_seen_subcommand_from check" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand portal; and __fish_seen_subcommand_from check" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand portal; and __fish_seen_subcommand_from check" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand portal; and __fish_seen_subcommand_from check" -l offline -d 'Do not ask the portal: look at the copy of its last whole answer'
complete -c psactl -n "__fish_psactl_using_subcommand portal; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand portal; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand portal; and __fish_seen_subcommand_from check" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand portal; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand portal; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l port -d 'The port on 127.0.0.1; 0 takes a free one' -r
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l tls -d 'Serve https, with a certificate authority made anew and written to DIR/ca.pem' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l companies -d 'Add so many generated companies' -r
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l write-config -d 'Write a psactl.toml for this sandbox, with secrets and fresh portal exports beside it' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l portal -d 'The source that the written psactl.toml names' -r -f -a "files\t'CSV or JSON exports of the portal'
x360recover\t'Axcient\'s x360Recover API'"
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l latency -d 'Every answer takes at least this long, such as 20ms' -r
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l jitter -d 'And up to this much longer, at random' -r
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l rate-limit -d 'Answer so many requests a minute, the others with 429 and Retry-After' -r
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l fail -d 'This share of requests fails with 500, 502 or 503 at random, such as 2% or 0.02' -r
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l release -d 'The release to play: 2019 has the External Integration XRef of the guide\'s board statuses' -r -f -a "current\t''
2019\t''"
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l empty -d 'The MSP before any integration was set up (this is the default)'
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l sample -d 'The MSP with the integration set up and its companies linked'
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l floor-quantity-to-bill -d 'Bill at least nothing where a quantity is below what is included (else below zero, as in the guide)'
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l flatten-newlines -d 'Newlines in text become a space, and tabs four'
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l ignore-statistics -d 'Statistics written to management report entries are taken and not kept'
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l without-msp-add-on -d 'The licence does not cover managed services, which the guide asks for'
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l demand-global-login -d 'A managed devices integration that logs in globally must carry that login'
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l strict-patch -d 'Change no part of a reference, and take no number or flag sent as text'
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l wildcard-equals -d 'Read * in conditions with = and != as any run of characters (else only in like)'
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l plain-quotes -d 'End a string of conditions at the next quote like its first (else \\" and "" keep it in the string)'
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l blank-as-null -d 'Keep text that is sent empty as null'
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l nulls -d 'Answer empty fields as null (else they are left out)'
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand sandbox" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand completions" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand completions" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand completions" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand completions" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand completions" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand completions" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand completions" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand completions" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand man" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand man" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand man" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand man" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand man" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand man" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand man" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand man" -s V -l version -d 'Print version'
complete -c psactl -n "__fish_psactl_using_subcommand help" -l config -d 'The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user\'s configuration folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand help" -l state -d 'The folder of psactl\'s own state [default: PSACTL_STATE, else psactl in the user\'s state folder]' -r -F
complete -c psactl -n "__fish_psactl_using_subcommand help" -l output -d 'How results are printed: table (the default), or json, one document of a versioned shape' -r -f -a "table\t'Tables and sentences for people'
json\t'One JSON document of a documented, versioned shape'"
complete -c psactl -n "__fish_psactl_using_subcommand help" -l color -d 'When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'On a terminal or not'
never\t'No colour at all'"
complete -c psactl -n "__fish_psactl_using_subcommand help" -s q -l quiet -d 'Print nothing but results and what needs a person'
complete -c psactl -n "__fish_psactl_using_subcommand help" -s v -l verbose -d 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
complete -c psactl -n "__fish_psactl_using_subcommand help" -l no-input -d 'Ask nothing, as without a terminal: where an answer is missing, end with an error'
complete -c psactl -n "__fish_psactl_using_subcommand help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c psactl -n "__fish_psactl_using_subcommand help" -s V -l version -d 'Print version'
