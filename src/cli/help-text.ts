import type { Command } from 'commander'

/** What stands below the options of a command's help. */
export interface HelpText {
  /** A command line, and what it does. */
  readonly examples: readonly (readonly [line: string, meaning: string])[]
  /** Other sections, by their titles: lines of text. */
  readonly sections?: Readonly<Record<string, readonly string[]>>
}

const CONFIGURATION = {
  Files: [
    'peerbandit.config.json  the configuration, where --config names no other',
    '.peerbandit/serve        the journal, where journal.path names no other'
  ],
  Environment: [
    'PEERBANDIT_CONFIG       the configuration, where --config is not given',
    'PEERBANDIT_<FIELD>      a field of it: PEERBANDIT_LISTEN_PORT is listen.port',
    'Over the file go these, over them --set, --host and --port. All fields: peerbandit config schema --markdown'
  ]
}

const EXIT_STATUS = [
  '0    done',
  '1    something went wrong later',
  '2    can be mended in the call or the configuration',
  '130  ended by Ctrl-C'
]

const SWARM_FILE = [
  '.peerbandit/swarm.json  how to join the swarm of "demo --serve", where --bootstrap and --model are not given'
]

const EXAMPLE_ADDRESS = '/ip4/192.0.2.7/tcp/4001/p2p/12D3KooWHHzSeKaY8xuZVzkLbKFfvNgPPeKhFBGrMbNzbm5akpqu'
const EXAMPLE_ID = 'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq'

/** Of every command, by its words. */
export const HELP_TEXTS: Readonly<Record<string, HelpText>> = {
  serve: {
    examples: [
      ['peerbandit serve', 'with peerbandit.config.json, or simulated workers where it is not there'],
      ['peerbandit serve --config /etc/peerbandit/peerbandit.config.json', 'with another configuration'],
      ['peerbandit serve --port 8000 --set log.format=json', 'with some fields replaced'],
      ['kill -HUP <pid>', 'reads the configuration again; what cannot change while it runs is named and waits for a restart']
    ],
    sections: {
      Signals: [
        'SIGHUP            reads the configuration again',
        'SIGTERM, SIGINT   takes no more jobs, waits for those that run (drainSeconds), writes what was learned, and ends'
      ],
      ...CONFIGURATION,
      'Exit status': EXIT_STATUS
    }
  },
  init: {
    examples: [
      ['peerbandit init', 'writes peerbandit.config.json'],
      [
        'peerbandit init --out /etc/peerbandit/peerbandit.config.json --force',
        'writes another file, also where it is there already'
      ]
    ],
    sections: {
      'What it looks for': [
        'Ollama at port 11434, llama.cpp and vLLM at ports 8000 and 8080 of this machine; nothing else is asked or sent.'
      ]
    }
  },
  'config check': {
    examples: [
      ['peerbandit config check', 'of peerbandit.config.json'],
      ['peerbandit config check --config new.json --set routing.policy=ucb1', 'of another file with a field replaced']
    ],
    sections: { ...CONFIGURATION, 'Exit status': EXIT_STATUS }
  },
  'config show': {
    examples: [['peerbandit config show --port 8000', 'what "serve --port 8000" goes by']],
    sections: CONFIGURATION
  },
  'config schema': {
    examples: [
      ['peerbandit config schema', 'JSON Schema, for editors'],
      ['peerbandit config schema --markdown', 'all fields, for people']
    ]
  },
  worker: {
    examples: [
      ['peerbandit worker --model llama3.1:8b', 'the first node of a network; prints an address to join it by'],
      [`peerbandit worker --model llama3.1:8b --bootstrap ${EXAMPLE_ADDRESS} --tokens-per-second 80`, 'another worker of it'],
      [
        'peerbandit worker --backend http://127.0.0.1:11434 --kind ollama',
        'puts a model server on the network, with all its models'
      ],
      [
        'peerbandit worker --backend http://127.0.0.1:11434 --kind ollama --crowdllama /ip4/192.0.2.7/tcp/9000/p2p/12D3KooWLLUBEZhkEq6NtTLD99RRpEYdcbe8uzx3L56UgF5VK4bw',
        'puts it on a CrowdLlama network'
      ]
    ],
    sections: {
      Engine: ['Without --backend the built-in engine plays a GPU of the given speed: its answers are fill words.'],
      'Exit status': EXIT_STATUS
    }
  },
  demo: {
    examples: [
      ['peerbandit demo', 'the comparison, a minute and a half'],
      ['peerbandit demo --fresh --seed 2 --jobs 100', 'a shorter one of other jobs, which forgets what earlier runs learned'],
      ['peerbandit demo --serve', 'and the adaptive swarm stays up']
    ]
  },
  infer: {
    examples: [
      ['peerbandit infer "why is the sky blue?"', 'on the swarm of "demo --serve"'],
      ['peerbandit infer --class batch --max-tokens 500 "a story"', 'a job of another class']
    ],
    sections: { Files: SWARM_FILE }
  },
  peers: {
    examples: [
      ['peerbandit peers', 'of the swarm of "demo --serve"'],
      ['peerbandit peers --json', 'with everything that is known of them']
    ],
    sections: { Files: SWARM_FILE }
  },
  'journal count': { examples: [['peerbandit journal count .peerbandit/router', 'of the router of "infer"']] },
  'journal read': { examples: [['peerbandit journal read .peerbandit/router --last 3', 'the last three']] },
  'journal export': { examples: [['peerbandit journal export .peerbandit/router --out runs.jsonl', 'to a file']] },
  simulate: {
    examples: [
      ['peerbandit simulate --list', 'what there is'],
      ['peerbandit simulate --scenario hidden-8 --policy thompson,b8,prequal-rs --seeds 3', 'three runs of each of three']
    ]
  },
  train: {
    examples: [
      ['peerbandit train --data runs.jsonl --out models/throughput/mine', 'from an export of a journal'],
      ['peerbandit train --data "runs/*.csv" --out models/throughput/mine --report mine.html', 'with a page about it']
    ]
  },
  predict: {
    examples: [
      ['peerbandit predict --input rows.csv', 'as a table'],
      ['peerbandit predict --input rows.csv --model models/throughput/mine.json --json', 'of a model of your own']
    ]
  },
  'model show': {
    examples: [
      ['peerbandit model show', 'the models of models/throughput'],
      ['peerbandit model show mine', 'the card of one']
    ]
  },
  'model compare': { examples: [['peerbandit model compare mine default --data runs.jsonl', 'both on the same rows']] },
  'model promote': { examples: [['peerbandit model promote mine --data runs.jsonl', 'if it is better']] },
  'model rollback': { examples: [['peerbandit model rollback --models models/throughput', 'in a directory']] },
  'gossip-params': {
    examples: [
      ['peerbandit gossip-params', 'the gist as published, with its arithmetic fixed, and with true steady states'],
      [
        'peerbandit gossip-params --rate 40 --mesh 8 --mesh-high 12 --convention decay-to-zero --activation 2m --format ts',
        'for @libp2p/gossipsub'
      ],
      ['peerbandit gossip-params --check params.json --rate 40 --mesh 8 --mesh-high 12', 'what a set misses of its design'],
      ['peerbandit gossip-params --published --check', 'every slip of the gist'],
      ['peerbandit gossip-params --preset lodestar --format go', 'in the manner of a client']
    ],
    sections: {
      Times: ['as Go writes them: 10ms, 30s, 1m30s, 1h'],
      Decays: ['a time, or the factor of one decay interval, as 0.97'],
      'Exit status': ['0  done, also where --check found something', '2  can be mended in the call or the file']
    }
  },
  'artefact serve': {
    examples: [
      [
        'peerbandit artefact serve llama3.gguf',
        'the first node of a network; prints the id of the file and an address to join by'
      ],
      [`peerbandit artefact serve llama3.gguf --bootstrap ${EXAMPLE_ADDRESS}`, 'another node that has it']
    ],
    sections: { 'Exit status': EXIT_STATUS }
  },
  'artefact get': {
    examples: [
      [`peerbandit artefact get ${EXAMPLE_ID} --bootstrap ${EXAMPLE_ADDRESS} --out llama3.gguf`, 'from all nodes that have it']
    ],
    sections: {
      Files: ['<out>.part  what has come so far; the next "artefact get" checks it and goes on from there'],
      'Exit status': EXIT_STATUS
    }
  },
  'gossip-score': {
    examples: [
      ['peerbandit gossip-score --published --out published.html', "vyzo's parameters as printed, with plots"],
      ['peerbandit gossip-score --params mine.json --rate 2.5 --scenario slackens', 'parameters of your own, one scenario']
    ],
    sections: {
      Parameters: [
        'JSON with the names and units of @libp2p/gossipsub (times in ms): of one topic, or of a whole score with "topics".'
      ]
    }
  }
}

/** Adds to the help of a command, and of all below it, what is known of them. */
export function addHelpTexts(command: Command, words = ''): void {
  if (Object.hasOwn(HELP_TEXTS, words)) command.addHelpText('after', helpText(HELP_TEXTS[words]))
  for (const inner of command.commands) addHelpTexts(inner, `${words} ${inner.name()}`.trim())
}

function helpText({ examples, sections = {} }: HelpText): string {
  const exampleLines = examples.flatMap(([line, meaning]) => [line, `    ${meaning}`])
  return Object.entries({ Examples: exampleLines, ...sections })
    .map(([title, lines]) => `\n${title}:\n${lines.map((line) => `  ${line}`).join('\n')}`)
    .join('\n')
}
