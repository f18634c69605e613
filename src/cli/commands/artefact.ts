import { basename } from 'node:path'
import { Command } from 'commander'
import { whenAborted } from '../../core/abort.ts'
import { collect, integerFrom, positive } from '../arguments.ts'
import { untilStopped } from '../exit.ts'
import { progressBar } from '../progress-bar.ts'

export function artefactCommand(): Command {
  return new Command('artefact')
    .description('files by the hash of their content, from several peers at once')
    .addCommand(serveCommand())
    .addCommand(getCommand())
}

interface ServeOptions {
  readonly bootstrap?: readonly string[]
  readonly host: string
  readonly port: number
}

function serveCommand(): Command {
  return new Command('serve')
    .description('join a network as a node that has files, and print their ids')
    .argument('<file...>', 'the files; they must not change while they are served')
    .option('--bootstrap <multiaddr>', 'a node to join the network by; without one, this node is the first', collect)
    .option('--host <ip>', 'address to listen on', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0 for any free one', integerFrom(0, 65_535), 0)
    .action(serve)
}

async function serve(paths: readonly string[], { bootstrap = [], host, port }: ServeOptions): Promise<void> {
  const { startArtefactServer } = await import('../../network/artefacts/artefact-node.ts')
  const stopped = untilStopped()
  const server = await startArtefactServer({ paths, bootstrap, listen: [`/ip4/${host}/tcp/${port}`] })
  for (const [i, { id, size }] of server.artefacts.entries()) {
    process.stdout.write(`${id}  ${size} bytes  ${basename(paths[i])}\n`)
  }
  process.stdout.write(`Node ${server.id} serves them at\n`)
  for (const address of server.addresses()) process.stdout.write(`  ${address}\n`)
  process.stdout.write('Ctrl-C ends it.\n')
  await whenAborted(stopped.signal)
  await server.stop()
  stopped.release()
}

interface GetOptions {
  readonly bootstrap: readonly string[]
  readonly out?: string
  readonly parallel: number
  readonly wait: number
}

function getCommand(): Command {
  return new Command('get')
    .description('download a file by its id; what was broken off goes on where it was')
    .argument('<id>', 'as "artefact serve" prints it')
    .requiredOption('--bootstrap <multiaddr>', 'a node to join the network by', collect)
    .option('--out <file>', 'where to (default: a file named as the id)')
    .option('--parallel <n>', 'chunks of 1 MiB on their way at a time', integerFrom(1, 256), 8)
    .option('--wait <seconds>', 'how long nothing may come before it fails', positive, 60)
    .action(get)
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`

async function get(id: string, { bootstrap, out = id, parallel, wait }: GetOptions): Promise<void> {
  const [{ getArtefact }, { systemClock }] = await Promise.all([
    import('../../network/artefacts/artefact-node.ts'),
    import('../../core/clock.ts')
  ])
  const stopped = untilStopped()
  const bar = progressBar()
  const startMs = systemClock.now()
  try {
    const { size, resumedBytes, bytesByPeer, banned } = await getArtefact({
      id,
      bootstrap,
      path: out,
      maxParallel: parallel,
      patienceMs: wait * 1000,
      signal: stopped.signal,
      onProgress: ({ doneBytes, size: all }) => {
        bar.show(doneBytes / all, `${megabytes(doneBytes)} of ${megabytes(all)}`)
      }
    })
    bar.end()
    const seconds = (systemClock.now() - startMs) / 1000
    process.stdout.write(`Wrote ${out}: ${size} bytes in ${seconds.toFixed(1)} s, ${resumedBytes} of them from an earlier try.\n`)
    for (const [peer, bytes] of bytesByPeer) process.stdout.write(`  ${peer}  ${megabytes(bytes)}\n`)
    for (const [peer, why] of banned) process.stdout.write(`  ${peer}  not asked any more: ${why}\n`)
  } finally {
    bar.end()
    stopped.release()
  }
}
