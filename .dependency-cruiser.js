// Imports go down only. Each floor may import the floors before it in this list, and itself; folders of one floor are siblings
// that do not know each other.
const floors = [
  ['core'],
  ['math', 'job', 'catalogue'],
  ['peer'],
  ['scoring', 'bandit', 'journal', 'health', 'prediction', 'throughput'],
  ['selector'],
  ['experiment'],
  ['router', 'training', 'gossip', 'reputation'],
  ['network', 'simulation', 'backends'],
  ['swarm', 'gateway', 'dashboard'],
  ['demo', 'daemon'],
  ['cli']
]

const upward = floors.flatMap((folders, floor) =>
  folders.map((folder) => {
    const forbidden = floors
      .slice(floor)
      .flat()
      .filter((other) => other !== folder)
    return {
      name: `floor-${floor}-${folder}`,
      comment: `src/${folder} is on floor ${floor}: it may import lower floors only`,
      severity: 'error',
      from: { path: `^src/${folder}/` },
      to: { path: forbidden.length > 0 ? `^src/(${forbidden.join('|')})/` : '^$' }
    }
  })
)

const only = (name, packages, from) => ({
  name,
  severity: 'error',
  comment: `only ${from} may load ${packages}`,
  from: { path: '^src/', pathNot: from },
  to: { path: `node_modules/(${packages})` }
})

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'not-to-tests', severity: 'error', from: { path: '^src/' }, to: { path: '^test/' } },
    ...upward,
    only('libp2p-in-network', 'libp2p|@libp2p|@multiformats', '^src/network/'),
    only('level-in-journal', 'level|classic-level|memory-level|abstract-level', '^src/journal/'),
    only('commander-in-cli', 'commander', '^src/cli/'),
    only('tensorflow-in-training', '@tensorflow|webgpu', '^src/training/'),
    only('tables-in-dataset', 'csv-parse|hyparquet|hyparquet-compressors', '^src/training/dataset/'),
    only('pino-in-daemon', 'pino', '^src/daemon/'),
    only('http-in-backends', 'undici|eventsource-parser', '^src/backends/'),
    only('server-in-gateway', 'fastify|@fastify|prom-client', '^src/gateway/'),
    only('plot-in-drawing', '@observablehq/plot|linkedom', '^src/experiment/drawing')
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] }
  }
}
