
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'psactl' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'psactl'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'psactl' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Show the whole job on a simulated PSA: nothing to configure, nothing left behind')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Ask for what psactl needs, test it, and write psactl.toml')
            [CompletionResult]::new('setup', 'setup', [CompletionResultType]::ParameterValue, 'Set up the integration in ConnectWise, step by step in the right order')
            [CompletionResult]::new('companies', 'companies', [CompletionResultType]::ParameterValue, 'Show and make the links between customers of the portal and companies of ConnectWise')
            [CompletionResult]::new('sync', 'sync', [CompletionResultType]::ParameterValue, 'Push what changed since the last run: tickets, backup statistics, billed quantities')
            [CompletionResult]::new('apply', 'apply', [CompletionResultType]::ParameterValue, 'Apply a plan that was saved with psactl sync --save-plan')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show how things stand: the last run, what waits for a person, what fails')
            [CompletionResult]::new('why', 'why', [CompletionResultType]::ParameterValue, 'Show why the invoice says that: use, rounding, addition, who wrote it, what holds it')
            [CompletionResult]::new('pause', 'pause', [CompletionResultType]::ParameterValue, 'Write nothing for some customers until a date')
            [CompletionResult]::new('resume', 'resume', [CompletionResultType]::ParameterValue, 'End pauses before their time')
            [CompletionResult]::new('review', 'review', [CompletionResultType]::ParameterValue, 'Show the changes that are held, and approve or reject them')
            [CompletionResult]::new('events', 'events', [CompletionResultType]::ParameterValue, 'Show the event log: what happened, what was done, what failed')
            [CompletionResult]::new('reprocess', 'reprocess', [CompletionResultType]::ParameterValue, 'Run the notification actions of events again, now')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Show the runs that wrote, and every write of a run, before and after')
            [CompletionResult]::new('undo', 'undo', [CompletionResultType]::ParameterValue, 'Take back the quantities, invoice descriptions and statistics that a run wrote')
            [CompletionResult]::new('state', 'state', [CompletionResultType]::ParameterValue, 'Show which state psactl works with; build it anew from ConnectWise')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Check everything and say what is wrong, with evidence and fix')
            [CompletionResult]::new('sandbox', 'sandbox', [CompletionResultType]::ParameterValue, 'Serve a simulated ConnectWise PSA on loopback, until Ctrl-C')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script for a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'psactl;demo' {
            [CompletionResult]::new('--keep', '--keep', [CompletionResultType]::ParameterName, 'Keep configuration, exports and state in this folder')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'psactl;init' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Take the answers of another psactl.toml as defaults')
            [CompletionResult]::new('--site', '--site', [CompletionResultType]::ParameterName, 'Address of ConnectWise''s login page, as you have it, or a region: na, eu, au, aus, za, staging')
            [CompletionResult]::new('--company-id', '--company-id', [CompletionResultType]::ParameterName, 'What you type as Company at login')
            [CompletionResult]::new('--client-id', '--client-id', [CompletionResultType]::ParameterName, 'Your client ID, a GUID from https://developer.connectwise.com/ClientID')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'PEM file of a private certificate authority')
            [CompletionResult]::new('--management-solution', '--management-solution', [CompletionResultType]::ParameterName, 'Name of the management solution (guide step 4) [default: eFolder]')
            [CompletionResult]::new('--managed-id-prefix', '--managed-id-prefix', [CompletionResultType]::ParameterName, 'What stands before a customer''s ID in its Managed ID [default: EFS-]')
            [CompletionResult]::new('--public-key', '--public-key', [CompletionResultType]::ParameterName, 'An API member''s public key')
            [CompletionResult]::new('--private-key-file', '--private-key-file', [CompletionResultType]::ParameterName, 'File with its private key, readable by you alone')
            [CompletionResult]::new('--private-key-command', '--private-key-command', [CompletionResultType]::ParameterName, 'Command that prints its private key')
            [CompletionResult]::new('--private-key-env', '--private-key-env', [CompletionResultType]::ParameterName, 'Environment variable with its private key')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'Or sign in with an integrator login: its user name')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'File with its password, readable by you alone')
            [CompletionResult]::new('--password-command', '--password-command', [CompletionResultType]::ParameterName, 'Command that prints its password')
            [CompletionResult]::new('--password-env', '--password-env', [CompletionResultType]::ParameterName, 'Environment variable with its password')
            [CompletionResult]::new('--integrator-username', '--integrator-username', [CompletionResultType]::ParameterName, 'User name of the login that set-up makes [default: efolder-api]')
            [CompletionResult]::new('--integrator-password-file', '--integrator-password-file', [CompletionResultType]::ParameterName, 'File with its password [default: a password is made up and kept in integrator-password]')
            [CompletionResult]::new('--integrator-password-command', '--integrator-password-command', [CompletionResultType]::ParameterName, 'Command that prints its password')
            [CompletionResult]::new('--integrator-password-env', '--integrator-password-env', [CompletionResultType]::ParameterName, 'Environment variable with its password')
            [CompletionResult]::new('--integrations', '--integrations', [CompletionResultType]::ParameterName, 'These integrations and no others [default: all three]')
            [CompletionResult]::new('--board', '--board', [CompletionResultType]::ParameterName, 'The service board for tickets, by its name')
            [CompletionResult]::new('--severities', '--severities', [CompletionResultType]::ParameterName, 'Severities that open a ticket [default: warning,error]')
            [CompletionResult]::new('--visible-to-customer', '--visible-to-customer', [CompletionResultType]::ParameterName, 'Whether the customer''s contact reads the notes of tickets [default: false]')
            [CompletionResult]::new('--services', '--services', [CompletionResultType]::ParameterName, 'These services are billed and no others [default: all but local-backup-storage]')
            [CompletionResult]::new('--product', '--product', [CompletionResultType]::ParameterName, 'The product of a service, by its Product ID, where it is not the guide''s; may be repeated')
            [CompletionResult]::new('--price', '--price', [CompletionResultType]::ParameterName, 'The unit price at which set-up makes a product that ConnectWise lacks; may be repeated')
            [CompletionResult]::new('--invoice-descriptions', '--invoice-descriptions', [CompletionResultType]::ParameterName, 'Whether invoice descriptions are written [default: true]')
            [CompletionResult]::new('--accounts', '--accounts', [CompletionResultType]::ParameterName, 'The portal''s export of the account list with usage')
            [CompletionResult]::new('--events', '--events', [CompletionResultType]::ParameterName, 'The portal''s export of the event log')
            [CompletionResult]::new('--time-zone', '--time-zone', [CompletionResultType]::ParameterName, 'Time zone of times in the exports that name none, such as America/New_York; none: they are errors')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show the file; write nothing')
            [CompletionResult]::new('--skip-test', '--skip-test', [CompletionResultType]::ParameterName, 'Do not ask ConnectWise, nor look at the exports: write the file untested')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'psactl;setup' {
            [CompletionResult]::new('--effective-date', '--effective-date', [CompletionResultType]::ParameterName, 'For the step agreements: from when an addition bills whose agreement has no next invoice ahead')
            [CompletionResult]::new('--flat-fee', '--flat-fee', [CompletionResultType]::ParameterName, 'For the step agreements: bill the flat fee of [billing.flat_fees] beside each new addition of this service; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'Only look; exit with 8 where something is missing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show every change that would be made; write nothing')
            [CompletionResult]::new('--apply', '--apply', [CompletionResultType]::ParameterName, 'Make the changes, asking before each step (in a terminal this is the default)')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'With --apply: ask nothing')
            [CompletionResult]::new('--vendor-sync-is-off', '--vendor-sync-is-off', [CompletionResultType]::ParameterName, 'I have turned off the vendor''s own ConnectWise synchronisation and ticket notifications at the portal, so that nobody bills or opens tickets twice')
            [CompletionResult]::new('--new-password', '--new-password', [CompletionResultType]::ParameterName, 'For the step integrator-login: give the login the password of psactl.toml, although it has one')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'psactl;companies' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('link', 'link', [CompletionResultType]::ParameterValue, 'Link a customer to a company and make its two Managed ID entries, in the right order')
            [CompletionResult]::new('unlink', 'unlink', [CompletionResultType]::ParameterValue, 'Forget which company a customer is; writes nothing to ConnectWise')
            [CompletionResult]::new('adopt', 'adopt', [CompletionResultType]::ParameterValue, 'Take over the links that ConnectWise already has as Managed IDs')
            [CompletionResult]::new('suggest', 'suggest', [CompletionResultType]::ParameterValue, 'Propose a company for each customer that is not linked; links nobody')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Link many customers from a CSV file with the columns `cid` and `company`')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Everything for a new client, up to its first bill: one plan, one yes')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'psactl;companies;link' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show the changes; write nothing')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Ask nothing')
            [CompletionResult]::new('--replace', '--replace', [CompletionResultType]::ParameterName, 'Put this link in place of another one of the same customer')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'psactl;companies;unlink' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would go on; forget nothing')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Ask nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'psactl;companies;adopt' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show the links; remember nothing')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Ask nothing')
            [CompletionResult]::new('--replace', '--replace', [CompletionResultType]::ParameterName, 'Also take over links that differ from the present ones')
            [CompletionResult]::new('--serial-numbers', '--serial-numbers', [CompletionResultType]::ParameterName, 'Also look for the Managed ID in the serial numbers of agreement additions')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'psactl;companies;suggest' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'psactl;companies;import' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show the links and what is wrong; write nothing')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Ask nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'psactl;companies;add' {
            [CompletionResult]::new('--agreement', '--agreement', [CompletionResultType]::ParameterName, 'The agreement that additions go on, by its id, where several would do')
            [CompletionResult]::new('--effective-date', '--effective-date', [CompletionResultType]::ParameterName, 'From when an addition bills whose agreement has no next invoice ahead')
            [CompletionResult]::new('--flat-fee', '--flat-fee', [CompletionResultType]::ParameterName, 'Bill the flat fee of [billing.flat_fees] beside the new addition of this service; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show the plan; write nothing')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Ask nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'psactl;companies;help' {
            [CompletionResult]::new('link', 'link', [CompletionResultType]::ParameterValue, 'Link a customer to a company and make its two Managed ID entries, in the right order')
            [CompletionResult]::new('unlink', 'unlink', [CompletionResultType]::ParameterValue, 'Forget which company a customer is; writes nothing to ConnectWise')
            [CompletionResult]::new('adopt', 'adopt', [CompletionResultType]::ParameterValue, 'Take over the links that ConnectWise already has as Managed IDs')
            [CompletionResult]::new('suggest', 'suggest', [CompletionResultType]::ParameterValue, 'Propose a company for each customer that is not linked; links nobody')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Link many customers from a CSV file with the columns `cid` and `company`')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Everything for a new client, up to its first bill: one plan, one yes')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'psactl;companies;help;link' {
            break
        }
        'psactl;companies;help;unlink' {
            break
        }
        'psactl;companies;help;adopt' {
            break
        }
        'psactl;companies;help;suggest' {
            break
        }
        'psactl;companies;help;import' {
            break
        }
        'psactl;companies;help;add' {
            break
        }
        'psactl;companies;help;help' {
            break
        }
        'psactl;sync' {
            [CompletionResult]::new('--cid', '--cid', [CompletionResultType]::ParameterName, 'Only these customers of the portal')
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Only this part')
            [CompletionResult]::new('--save-plan', '--save-plan', [CompletionResultType]::ParameterName, 'Write nothing, and save what would be written: psactl apply FILE writes exactly that')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Pass over intervals (never over guards)')
            [CompletionResult]::new('--verify', '--verify', [CompletionResultType]::ParameterName, 'Read back everything, even what did not change')
            [CompletionResult]::new('--open-standing', '--open-standing', [CompletionResultType]::ParameterName, 'Open tickets for the faults that stood at the first run')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be written; write nothing')
            [CompletionResult]::new('--exit-code', '--exit-code', [CompletionResultType]::ParameterName, 'With --dry-run: exit with 8 where something would be written, held or blocked')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'psactl;apply' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Ask nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'psactl;status' {
            [CompletionResult]::new('--late', '--late', [CompletionResultType]::ParameterName, 'With --nagios: critical where no run ended for so long')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--nagios', '--nagios', [CompletionResultType]::ParameterName, 'One line for Nagios, Icinga and the like, and their exit codes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'psactl;why' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Ask nothing of ConnectWise')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'psactl;pause' {
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Only this part; more than once for several')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'The day it ends with (at its beginning), or the moment, in the portal''s time zone')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why; whoever reads psactl status will want to know')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Every customer')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'psactl;resume' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Every pause, those of single customers too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'psactl;review' {
            [CompletionResult]::new('--approve', '--approve', [CompletionResultType]::ParameterName, 'Approve a held change by its number, or `all`')
            [CompletionResult]::new('--reject', '--reject', [CompletionResultType]::ParameterName, 'Reject a held change by its number')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why it is rejected')
            [CompletionResult]::new('--take-over', '--take-over', [CompletionResultType]::ParameterName, 'Let psactl keep an agreement addition again that somebody else wrote, by the addition''s id')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'psactl;events' {
            [CompletionResult]::new('--cid', '--cid', [CompletionResultType]::ParameterName, 'Only this customer of the portal')
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'Only this account')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'At most so many, newest first')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--errors', '--errors', [CompletionResultType]::ParameterName, 'Only events whose actions failed')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'One event with everything that was done for it')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'psactl;events;show' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'psactl;events;help' {
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'One event with everything that was done for it')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'psactl;events;help;show' {
            break
        }
        'psactl;events;help;help' {
            break
        }
        'psactl;reprocess' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--errors', '--errors', [CompletionResultType]::ParameterName, 'Every event whose actions failed')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be written; write nothing')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Ask nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'psactl;history' {
            [CompletionResult]::new('--cid', '--cid', [CompletionResultType]::ParameterName, 'Only runs that wrote for this customer of the portal')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only runs since then: 24h, 7d, 2026-11-20 (UTC), 2026-11-20T14:00Z')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'At most so many, newest first')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Runs that wrote nothing too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'One run with every write: each field before and after, the money, how it ended')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'psactl;history;show' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'psactl;history;help' {
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'One run with every write: each field before and after, the money, how it ended')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'psactl;history;help;show' {
            break
        }
        'psactl;history;help;help' {
            break
        }
        'psactl;undo' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be taken back; write nothing')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Ask nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'psactl;state' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('rebuild', 'rebuild', [CompletionResultType]::ParameterValue, 'Build links, tickets of faults and additions anew from ConnectWise')
            [CompletionResult]::new('keep', 'keep', [CompletionResultType]::ParameterValue, 'Go on with this state: a person wrote with psactl''s login, no second psactl')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'psactl;state;rebuild' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be taken over; change nothing')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Ask nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'psactl;state;keep' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Ask nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'psactl;state;help' {
            [CompletionResult]::new('rebuild', 'rebuild', [CompletionResultType]::ParameterValue, 'Build links, tickets of faults and additions anew from ConnectWise')
            [CompletionResult]::new('keep', 'keep', [CompletionResultType]::ParameterValue, 'Go on with this state: a person wrote with psactl''s login, no second psactl')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'psactl;state;help;rebuild' {
            break
        }
        'psactl;state;help;keep' {
            break
        }
        'psactl;state;help;help' {
            break
        }
        'psactl;doctor' {
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Only this group of checks')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Exit with 8 on warnings too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'psactl;sandbox' {
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'The port; 0 takes a free one')
            [CompletionResult]::new('--tls', '--tls', [CompletionResultType]::ParameterName, 'Serve https, with a certificate authority made anew and written to DIR/ca.pem')
            [CompletionResult]::new('--companies', '--companies', [CompletionResultType]::ParameterName, 'Add so many generated companies')
            [CompletionResult]::new('--write-config', '--write-config', [CompletionResultType]::ParameterName, 'Write a psactl.toml for this sandbox, with secrets and fresh portal exports beside it')
            [CompletionResult]::new('--latency', '--latency', [CompletionResultType]::ParameterName, 'Every answer takes at least this long, such as 20ms')
            [CompletionResult]::new('--jitter', '--jitter', [CompletionResultType]::ParameterName, 'And up to this much longer, at random')
            [CompletionResult]::new('--rate-limit', '--rate-limit', [CompletionResultType]::ParameterName, 'Answer so many requests a minute, the others with 429 and Retry-After')
            [CompletionResult]::new('--fail', '--fail', [CompletionResultType]::ParameterName, 'This share of requests fails with 500, 502 or 503 at random, such as 2% or 0.02')
            [CompletionResult]::new('--release', '--release', [CompletionResultType]::ParameterName, 'The release to play: 2019 has the External Integration XRef of the guide''s board statuses')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--empty', '--empty', [CompletionResultType]::ParameterName, 'The MSP before any integration was set up (this is the default)')
            [CompletionResult]::new('--sample', '--sample', [CompletionResultType]::ParameterName, 'The MSP with the integration set up and its companies linked')
            [CompletionResult]::new('--floor-quantity-to-bill', '--floor-quantity-to-bill', [CompletionResultType]::ParameterName, 'Bill at least nothing where a quantity is below what is included (else below zero, as in the guide)')
            [CompletionResult]::new('--flatten-newlines', '--flatten-newlines', [CompletionResultType]::ParameterName, 'Newlines in text become a space, and tabs four')
            [CompletionResult]::new('--ignore-statistics', '--ignore-statistics', [CompletionResultType]::ParameterName, 'Statistics written to management report entries are taken and not kept')
            [CompletionResult]::new('--demand-global-login', '--demand-global-login', [CompletionResultType]::ParameterName, 'A managed devices integration that logs in globally must carry that login')
            [CompletionResult]::new('--strict-patch', '--strict-patch', [CompletionResultType]::ParameterName, 'Change no part of a reference, and take no number or flag sent as text')
            [CompletionResult]::new('--wildcard-equals', '--wildcard-equals', [CompletionResultType]::ParameterName, 'Read * in conditions with = and != as any run of characters (else only in like)')
            [CompletionResult]::new('--plain-quotes', '--plain-quotes', [CompletionResultType]::ParameterName, 'End a string of conditions at the next quote like its first (else \" and "" keep it in the string)')
            [CompletionResult]::new('--blank-as-null', '--blank-as-null', [CompletionResultType]::ParameterName, 'Keep text that is sent empty as null')
            [CompletionResult]::new('--nulls', '--nulls', [CompletionResultType]::ParameterName, 'Answer empty fields as null (else they are left out)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'psactl;completions' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'The folder of psactl''s own state [default: psactl in the user''s state folder]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How results are printed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but results and what needs a person')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; what is not given is an error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'psactl;help' {
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Show the whole job on a simulated PSA: nothing to configure, nothing left behind')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Ask for what psactl needs, test it, and write psactl.toml')
            [CompletionResult]::new('setup', 'setup', [CompletionResultType]::ParameterValue, 'Set up the integration in ConnectWise, step by step in the right order')
            [CompletionResult]::new('companies', 'companies', [CompletionResultType]::ParameterValue, 'Show and make the links between customers of the portal and companies of ConnectWise')
            [CompletionResult]::new('sync', 'sync', [CompletionResultType]::ParameterValue, 'Push what changed since the last run: tickets, backup statistics, billed quantities')
            [CompletionResult]::new('apply', 'apply', [CompletionResultType]::ParameterValue, 'Apply a plan that was saved with psactl sync --save-plan')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show how things stand: the last run, what waits for a person, what fails')
            [CompletionResult]::new('why', 'why', [CompletionResultType]::ParameterValue, 'Show why the invoice says that: use, rounding, addition, who wrote it, what holds it')
            [CompletionResult]::new('pause', 'pause', [CompletionResultType]::ParameterValue, 'Write nothing for some customers until a date')
            [CompletionResult]::new('resume', 'resume', [CompletionResultType]::ParameterValue, 'End pauses before their time')
            [CompletionResult]::new('review', 'review', [CompletionResultType]::ParameterValue, 'Show the changes that are held, and approve or reject them')
            [CompletionResult]::new('events', 'events', [CompletionResultType]::ParameterValue, 'Show the event log: what happened, what was done, what failed')
            [CompletionResult]::new('reprocess', 'reprocess', [CompletionResultType]::ParameterValue, 'Run the notification actions of events again, now')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Show the runs that wrote, and every write of a run, before and after')
            [CompletionResult]::new('undo', 'undo', [CompletionResultType]::ParameterValue, 'Take back the quantities, invoice descriptions and statistics that a run wrote')
            [CompletionResult]::new('state', 'state', [CompletionResultType]::ParameterValue, 'Show which state psactl works with; build it anew from ConnectWise')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Check everything and say what is wrong, with evidence and fix')
            [CompletionResult]::new('sandbox', 'sandbox', [CompletionResultType]::ParameterValue, 'Serve a simulated ConnectWise PSA on loopback, until Ctrl-C')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script for a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'psactl;help;demo' {
            break
        }
        'psactl;help;init' {
            break
        }
        'psactl;help;setup' {
            break
        }
        'psactl;help;companies' {
            [CompletionResult]::new('link', 'link', [CompletionResultType]::ParameterValue, 'Link a customer to a company and make its two Managed ID entries, in the right order')
            [CompletionResult]::new('unlink', 'unlink', [CompletionResultType]::ParameterValue, 'Forget which company a customer is; writes nothing to ConnectWise')
            [CompletionResult]::new('adopt', 'adopt', [CompletionResultType]::ParameterValue, 'Take over the links that ConnectWise already has as Managed IDs')
            [CompletionResult]::new('suggest', 'suggest', [CompletionResultType]::ParameterValue, 'Propose a company for each customer that is not linked; links nobody')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Link many customers from a CSV file with the columns `cid` and `company`')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Everything for a new client, up to its first bill: one plan, one yes')
            break
        }
        'psactl;help;companies;link' {
            break
        }
        'psactl;help;companies;unlink' {
            break
        }
        'psactl;help;companies;adopt' {
            break
        }
        'psactl;help;companies;suggest' {
            break
        }
        'psactl;help;companies;import' {
            break
        }
        'psactl;help;companies;add' {
            break
        }
        'psactl;help;sync' {
            break
        }
        'psactl;help;apply' {
            break
        }
        'psactl;help;status' {
            break
        }
        'psactl;help;why' {
            break
        }
        'psactl;help;pause' {
            break
        }
        'psactl;help;resume' {
            break
        }
        'psactl;help;review' {
            break
        }
        'psactl;help;events' {
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'One event with everything that was done for it')
            break
        }
        'psactl;help;events;show' {
            break
        }
        'psactl;help;reprocess' {
            break
        }
        'psactl;help;history' {
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'One run with every write: each field before and after, the money, how it ended')
            break
        }
        'psactl;help;history;show' {
            break
        }
        'psactl;help;undo' {
            break
        }
        'psactl;help;state' {
            [CompletionResult]::new('rebuild', 'rebuild', [CompletionResultType]::ParameterValue, 'Build links, tickets of faults and additions anew from ConnectWise')
            [CompletionResult]::new('keep', 'keep', [CompletionResultType]::ParameterValue, 'Go on with this state: a person wrote with psactl''s login, no second psactl')
            break
        }
        'psactl;help;state;rebuild' {
            break
        }
        'psactl;help;state;keep' {
            break
        }
        'psactl;help;doctor' {
            break
        }
        'psactl;help;sandbox' {
            break
        }
        'psactl;help;completions' {
            break
        }
        'psactl;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
