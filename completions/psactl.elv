
use builtin;
use str;

set edit:completion:arg-completer[psactl] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'psactl'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'psactl'= {
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand demo 'Show the whole job on a simulated PSA: nothing to configure, nothing left behind'
            cand init 'Ask for what psactl needs, test it, and write psactl.toml'
            cand setup 'Set up the integration in ConnectWise, step by step in the right order'
            cand companies 'Show and make the links between customers of the portal and companies of ConnectWise'
            cand sync 'Push what changed since the last run: tickets, backup statistics, billed quantities'
            cand apply 'Apply a plan that was saved with psactl sync --save-plan'
            cand status 'Show how things stand: the last run, what waits for a person, what fails'
            cand why 'Show why the invoice says that: use, rounding, addition, who wrote it, what holds it'
            cand pause 'Write nothing for some customers until a date'
            cand resume 'End pauses before their time'
            cand review 'Show the changes that are held, and approve or reject them'
            cand events 'Show the event log: what happened, what was done, what failed'
            cand reprocess 'Run the notification actions of events again, now'
            cand history 'Show the runs that wrote, and every write of a run, before and after'
            cand undo 'Take back the quantities, invoice descriptions and statistics that a run wrote'
            cand state 'Show which state psactl works with; build it anew from ConnectWise'
            cand doctor 'Check everything and say what is wrong, with evidence and fix'
            cand sandbox 'Serve a simulated ConnectWise PSA on loopback, until Ctrl-C'
            cand completions 'Print a completion script for a shell'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'psactl;demo'= {
            cand --keep 'Keep configuration, exports and state in this folder'
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'psactl;init'= {
            cand --from 'Take the answers of another psactl.toml as defaults'
            cand --site 'Address of ConnectWise''s login page, as you have it, or a region: na, eu, au, aus, za, staging'
            cand --company-id 'What you type as Company at login'
            cand --client-id 'Your client ID, a GUID from https://developer.connectwise.com/ClientID'
            cand --ca-file 'PEM file of a private certificate authority'
            cand --management-solution 'Name of the management solution (guide step 4) [default: eFolder]'
            cand --managed-id-prefix 'What stands before a customer''s ID in its Managed ID [default: EFS-]'
            cand --public-key 'An API member''s public key'
            cand --private-key-file 'File with its private key, readable by you alone'
            cand --private-key-command 'Command that prints its private key'
            cand --private-key-env 'Environment variable with its private key'
            cand --username 'Or sign in with an integrator login: its user name'
            cand --password-file 'File with its password, readable by you alone'
            cand --password-command 'Command that prints its password'
            cand --password-env 'Environment variable with its password'
            cand --integrator-username 'User name of the login that set-up makes [default: efolder-api]'
            cand --integrator-password-file 'File with its password [default: a password is made up and kept in integrator-password]'
            cand --integrator-password-command 'Command that prints its password'
            cand --integrator-password-env 'Environment variable with its password'
            cand --integrations 'These integrations and no others [default: all three]'
            cand --board 'The service board for tickets, by its name'
            cand --severities 'Severities that open a ticket [default: warning,error]'
            cand --visible-to-customer 'Whether the customer''s contact reads the notes of tickets [default: false]'
            cand --services 'These services are billed and no others [default: all but local-backup-storage]'
            cand --product 'The product of a service, by its Product ID, where it is not the guide''s; may be repeated'
            cand --price 'The unit price at which set-up makes a product that ConnectWise lacks; may be repeated'
            cand --invoice-descriptions 'Whether invoice descriptions are written [default: true]'
            cand --accounts 'The portal''s export of the account list with usage'
            cand --events 'The portal''s export of the event log'
            cand --time-zone 'Time zone of times in the exports that name none, such as America/New_York; none: they are errors'
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand --dry-run 'Show the file; write nothing'
            cand --skip-test 'Do not ask ConnectWise, nor look at the exports: write the file untested'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'psactl;setup'= {
            cand --effective-date 'For the step agreements: from when an addition bills whose agreement has no next invoice ahead'
            cand --flat-fee 'For the step agreements: bill the flat fee of [billing.flat_fees] beside each new addition of this service; may be repeated'
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand --check 'Only look; exit with 8 where something is missing'
            cand --dry-run 'Show every change that would be made; write nothing'
            cand --apply 'Make the changes, asking before each step (in a terminal this is the default)'
            cand --yes 'With --apply: ask nothing'
            cand --vendor-sync-is-off 'I have turned off the vendor''s own ConnectWise synchronisation and ticket notifications at the portal, so that nobody bills or opens tickets twice'
            cand --new-password 'For the step integrator-login: give the login the password of psactl.toml, although it has one'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'psactl;companies'= {
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand link 'Link a customer to a company and make its two Managed ID entries, in the right order'
            cand unlink 'Forget which company a customer is; writes nothing to ConnectWise'
            cand adopt 'Take over the links that ConnectWise already has as Managed IDs'
            cand suggest 'Propose a company for each customer that is not linked; links nobody'
            cand import 'Link many customers from a CSV file with the columns `cid` and `company`'
            cand add 'Everything for a new client, up to its first bill: one plan, one yes'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'psactl;companies;link'= {
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand --dry-run 'Show the changes; write nothing'
            cand --yes 'Ask nothing'
            cand --replace 'Put this link in place of another one of the same customer'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'psactl;companies;unlink'= {
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand --dry-run 'Show what would go on; forget nothing'
            cand --yes 'Ask nothing'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'psactl;companies;adopt'= {
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand --dry-run 'Show the links; remember nothing'
            cand --yes 'Ask nothing'
            cand --replace 'Also take over links that differ from the present ones'
            cand --serial-numbers 'Also look for the Managed ID in the serial numbers of agreement additions'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'psactl;companies;suggest'= {
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'psactl;companies;import'= {
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand --dry-run 'Show the links and what is wrong; write nothing'
            cand --yes 'Ask nothing'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'psactl;companies;add'= {
            cand --agreement 'The agreement that additions go on, by its id, where several would do'
            cand --effective-date 'From when an addition bills whose agreement has no next invoice ahead'
            cand --flat-fee 'Bill the flat fee of [billing.flat_fees] beside the new addition of this service; may be repeated'
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand --dry-run 'Show the plan; write nothing'
            cand --yes 'Ask nothing'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'psactl;companies;help'= {
            cand link 'Link a customer to a company and make its two Managed ID entries, in the right order'
            cand unlink 'Forget which company a customer is; writes nothing to ConnectWise'
            cand adopt 'Take over the links that ConnectWise already has as Managed IDs'
            cand suggest 'Propose a company for each customer that is not linked; links nobody'
            cand import 'Link many customers from a CSV file with the columns `cid` and `company`'
            cand add 'Everything for a new client, up to its first bill: one plan, one yes'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'psactl;companies;help;link'= {
        }
        &'psactl;companies;help;unlink'= {
        }
        &'psactl;companies;help;adopt'= {
        }
        &'psactl;companies;help;suggest'= {
        }
        &'psactl;companies;help;import'= {
        }
        &'psactl;companies;help;add'= {
        }
        &'psactl;companies;help;help'= {
        }
        &'psactl;sync'= {
            cand --cid 'Only these customers of the portal'
            cand --only 'Only this part'
            cand --save-plan 'Write nothing, and save what would be written: psactl apply FILE writes exactly that'
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand --force 'Pass over intervals (never over guards)'
            cand --verify 'Read back everything, even what did not change'
            cand --open-standing 'Open tickets for the faults that stood at the first run'
            cand --dry-run 'Show what would be written; write nothing'
            cand --exit-code 'With --dry-run: exit with 8 where something would be written, held or blocked'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'psactl;apply'= {
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand --yes 'Ask nothing'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'psactl;status'= {
            cand --late 'With --nagios: critical where no run ended for so long'
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand --nagios 'One line for Nagios, Icinga and the like, and their exit codes'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'psactl;why'= {
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand --offline 'Ask nothing of ConnectWise'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'psactl;pause'= {
            cand --only 'Only this part; more than once for several'
            cand --until 'The day it ends with (at its beginning), or the moment, in the portal''s time zone'
            cand --reason 'Why; whoever reads psactl status will want to know'
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand --all 'Every customer'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'psactl;resume'= {
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand --all 'Every pause, those of single customers too'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'psactl;review'= {
            cand --approve 'Approve a held change by its number, or `all`'
            cand --reject 'Reject a held change by its number'
            cand --reason 'Why it is rejected'
            cand --take-over 'Let psactl keep an agreement addition again that somebody else wrote, by the addition''s id'
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'psactl;events'= {
            cand --cid 'Only this customer of the portal'
            cand --account 'Only this account'
            cand --limit 'At most so many, newest first'
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand --errors 'Only events whose actions failed'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand show 'One event with everything that was done for it'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'psactl;events;show'= {
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'psactl;events;help'= {
            cand show 'One event with everything that was done for it'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'psactl;events;help;show'= {
        }
        &'psactl;events;help;help'= {
        }
        &'psactl;reprocess'= {
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand --errors 'Every event whose actions failed'
            cand --dry-run 'Show what would be written; write nothing'
            cand --yes 'Ask nothing'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'psactl;history'= {
            cand --cid 'Only runs that wrote for this customer of the portal'
            cand --since 'Only runs since then: 24h, 7d, 2026-11-20 (UTC), 2026-11-20T14:00Z'
            cand --limit 'At most so many, newest first'
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand --all 'Runs that wrote nothing too'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand show 'One run with every write: each field before and after, the money, how it ended'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'psactl;history;show'= {
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'psactl;history;help'= {
            cand show 'One run with every write: each field before and after, the money, how it ended'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'psactl;history;help;show'= {
        }
        &'psactl;history;help;help'= {
        }
        &'psactl;undo'= {
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand --dry-run 'Show what would be taken back; write nothing'
            cand --yes 'Ask nothing'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'psactl;state'= {
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand rebuild 'Build links, tickets of faults and additions anew from ConnectWise'
            cand keep 'Go on with this state: a person wrote with psactl''s login, no second psactl'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'psactl;state;rebuild'= {
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand --dry-run 'Show what would be taken over; change nothing'
            cand --yes 'Ask nothing'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'psactl;state;keep'= {
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand --yes 'Ask nothing'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'psactl;state;help'= {
            cand rebuild 'Build links, tickets of faults and additions anew from ConnectWise'
            cand keep 'Go on with this state: a person wrote with psactl''s login, no second psactl'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'psactl;state;help;rebuild'= {
        }
        &'psactl;state;help;keep'= {
        }
        &'psactl;state;help;help'= {
        }
        &'psactl;doctor'= {
            cand --only 'Only this group of checks'
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand --strict 'Exit with 8 on warnings too'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'psactl;sandbox'= {
            cand --port 'The port; 0 takes a free one'
            cand --tls 'Serve https, with a certificate authority made anew and written to DIR/ca.pem'
            cand --companies 'Add so many generated companies'
            cand --write-config 'Write a psactl.toml for this sandbox, with secrets and fresh portal exports beside it'
            cand --latency 'Every answer takes at least this long, such as 20ms'
            cand --jitter 'And up to this much longer, at random'
            cand --rate-limit 'Answer so many requests a minute, the others with 429 and Retry-After'
            cand --fail 'This share of requests fails with 500, 502 or 503 at random, such as 2% or 0.02'
            cand --release 'The release to play: 2019 has the External Integration XRef of the guide''s board statuses'
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand --empty 'The MSP before any integration was set up (this is the default)'
            cand --sample 'The MSP with the integration set up and its companies linked'
            cand --floor-quantity-to-bill 'Bill at least nothing where a quantity is below what is included (else below zero, as in the guide)'
            cand --flatten-newlines 'Newlines in text become a space, and tabs four'
            cand --ignore-statistics 'Statistics written to management report entries are taken and not kept'
            cand --demand-global-login 'A managed devices integration that logs in globally must carry that login'
            cand --strict-patch 'Change no part of a reference, and take no number or flag sent as text'
            cand --wildcard-equals 'Read * in conditions with = and != as any run of characters (else only in like)'
            cand --plain-quotes 'End a string of conditions at the next quote like its first (else \" and "" keep it in the string)'
            cand --blank-as-null 'Keep text that is sent empty as null'
            cand --nulls 'Answer empty fields as null (else they are left out)'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'psactl;completions'= {
            cand --config 'The configuration file [default: psactl/psactl.toml in the user''s configuration folder]'
            cand --state 'The folder of psactl''s own state [default: psactl in the user''s state folder]'
            cand --output 'How results are printed'
            cand --color 'When to colour'
            cand -q 'Print nothing but results and what needs a person'
            cand --quiet 'Print nothing but results and what needs a person'
            cand -v 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --verbose 'Say more on stderr; -vv and -vvv say still more. Secrets are never printed'
            cand --no-input 'Never ask; what is not given is an error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'psactl;help'= {
            cand demo 'Show the whole job on a simulated PSA: nothing to configure, nothing left behind'
            cand init 'Ask for what psactl needs, test it, and write psactl.toml'
            cand setup 'Set up the integration in ConnectWise, step by step in the right order'
            cand companies 'Show and make the links between customers of the portal and companies of ConnectWise'
            cand sync 'Push what changed since the last run: tickets, backup statistics, billed quantities'
            cand apply 'Apply a plan that was saved with psactl sync --save-plan'
            cand status 'Show how things stand: the last run, what waits for a person, what fails'
            cand why 'Show why the invoice says that: use, rounding, addition, who wrote it, what holds it'
            cand pause 'Write nothing for some customers until a date'
            cand resume 'End pauses before their time'
            cand review 'Show the changes that are held, and approve or reject them'
            cand events 'Show the event log: what happened, what was done, what failed'
            cand reprocess 'Run the notification actions of events again, now'
            cand history 'Show the runs that wrote, and every write of a run, before and after'
            cand undo 'Take back the quantities, invoice descriptions and statistics that a run wrote'
            cand state 'Show which state psactl works with; build it anew from ConnectWise'
            cand doctor 'Check everything and say what is wrong, with evidence and fix'
            cand sandbox 'Serve a simulated ConnectWise PSA on loopback, until Ctrl-C'
            cand completions 'Print a completion script for a shell'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'psactl;help;demo'= {
        }
        &'psactl;help;init'= {
        }
        &'psactl;help;setup'= {
        }
        &'psactl;help;companies'= {
            cand link 'Link a customer to a company and make its two Managed ID entries, in the right order'
            cand unlink 'Forget which company a customer is; writes nothing to ConnectWise'
            cand adopt 'Take over the links that ConnectWise already has as Managed IDs'
            cand suggest 'Propose a company for each customer that is not linked; links nobody'
            cand import 'Link many customers from a CSV file with the columns `cid` and `company`'
            cand add 'Everything for a new client, up to its first bill: one plan, one yes'
        }
        &'psactl;help;companies;link'= {
        }
        &'psactl;help;companies;unlink'= {
        }
        &'psactl;help;companies;adopt'= {
        }
        &'psactl;help;companies;suggest'= {
        }
        &'psactl;help;companies;import'= {
        }
        &'psactl;help;companies;add'= {
        }
        &'psactl;help;sync'= {
        }
        &'psactl;help;apply'= {
        }
        &'psactl;help;status'= {
        }
        &'psactl;help;why'= {
        }
        &'psactl;help;pause'= {
        }
        &'psactl;help;resume'= {
        }
        &'psactl;help;review'= {
        }
        &'psactl;help;events'= {
            cand show 'One event with everything that was done for it'
        }
        &'psactl;help;events;show'= {
        }
        &'psactl;help;reprocess'= {
        }
        &'psactl;help;history'= {
            cand show 'One run with every write: each field before and after, the money, how it ended'
        }
        &'psactl;help;history;show'= {
        }
        &'psactl;help;undo'= {
        }
        &'psactl;help;state'= {
            cand rebuild 'Build links, tickets of faults and additions anew from ConnectWise'
            cand keep 'Go on with this state: a person wrote with psactl''s login, no second psactl'
        }
        &'psactl;help;state;rebuild'= {
        }
        &'psactl;help;state;keep'= {
        }
        &'psactl;help;doctor'= {
        }
        &'psactl;help;sandbox'= {
        }
        &'psactl;help;completions'= {
        }
        &'psactl;help;help'= {
        }
    ]
    $completions[$command]
}
