import { Command } from 'commander'
import { collect, integerFrom, positive } from '../arguments.ts'
import { untilStopped } from '../exit.ts'

interface WorkerCommandOptions {
  readonly model: readonly string[]
  readonly bootstrap?: readonly string[]
  readonly host: string
  readonly port: number
  readonly tokensPerSecond: number
  readonly slots: number
  readonly name: string
}

export function workerCommand(): Command {
  return new Command('worker')
    .description('join a network as a worker with the built-in engine, which plays a GPU of the given speed')
    .requiredOption('--model <name>', 'a model to serve; may be given several times', collect)
    .option('--bootstrap <multiaddr>', 'a node to join the network by; without one, this node is the first', collect)
    .option('--host <ip>', 'address to listen on', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0 for any free one', integerFrom(0, 65_535), 0)
    .option('--tokens-per-second <n>', 'decode speed of one job that runs alone', positive, 50)
    .option('--slots <n>', 'jobs side by side', integerFrom(1, 1024), 4)
    .option('--name <name>', 'name of the engine', 'worker')
    .action(worker)
}

async function worker(options: WorkerCommandOptions): Promise<void> {
  const [{ systemClock }, { batchingEngine }, { hostFacts, hostLoad }, { startWorker }] = await Promise.all([
    import('../../core/clock.ts'),
    import('../../simulation/engine/engine.ts'),
    import('../../swarm/host-load.ts'),
    import('../../swarm/worker-node.ts')
  ])
  const { tokensPerSecond, slots, name, model, bootstrap = [], host, port } = options
  const stopped = untilStopped()
  const engine = batchingEngine({ clock: systemClock, timers: systemClock }, { name, tokensPerSecond, slots })
  const facts = await hostFacts()
  const load = hostLoad(systemClock)
  const node = await startWorker(
    { clock: systemClock, engine, hostLoad: load },
    {
      claims: { models: model, tokensPerSecond, loadRatio: 0, ...facts },
      listen: [`/ip4/${host}/tcp/${port}`],
      bootstrap
    }
  ).catch((error: unknown) => {
    load.stop()
    throw error
  })
  process.stdout.write(`Worker ${node.id} serves ${model.join(', ')} at\n`)
  for (const address of node.addresses()) process.stdout.write(`  ${address}\n`)
  process.stdout.write('Ctrl-C ends it.\n')
  await new Promise<void>((resolve) => {
    stopped.signal.addEventListener('abort', () => {
      resolve()
    })
  })
  await node.stop()
  stopped.release()
}
