// The program of a host process: started by local-swarm.ts with an IPC channel, runs the nodes of one HostSpec, and ends with
// the channel, so that a parent that dies leaves nothing behind.
import { systemClock } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import { createNode, type NetworkNode } from '../network/node.ts'
import { hostLoad } from './host-load.ts'
import { type RelayedWorker, relayedWorker } from './relayed-worker.ts'
import type { HostCommand, HostReply, HostSpec } from './swarm-spec.ts'

const load = hostLoad(systemClock)
let workers: readonly RelayedWorker[] = []
let bootstrapNode: NetworkNode | undefined

function reply(message: HostReply): void {
  process.send?.(message)
}

async function start({ bootstrapKeySeed, bootstrap, workers: specs }: HostSpec): Promise<void> {
  if (bootstrapKeySeed !== undefined) {
    bootstrapNode = await createNode({
      role: 'server',
      listen: ['/ip4/127.0.0.1/tcp/0'],
      keySeed: Buffer.from(bootstrapKeySeed, 'hex')
    })
  }
  const addresses = bootstrapNode?.addresses() ?? bootstrap
  workers = await Promise.all(specs.map((spec) => relayedWorker({ clock: systemClock, hostLoad: load }, spec, addresses)))
  reply({ kind: 'started', bootstrap: addresses, workers: workers.map(({ started }) => started) })
}

function obey(command: HostCommand): void {
  switch (command.kind) {
    case 'start':
      start(command.spec).catch((error: unknown) => {
        reply({ kind: 'failed', message: messageOf(error) })
      })
      break
    case 'go':
      for (const worker of workers) worker.go()
      break
    case 'set-speed':
      workers.find(({ started }) => started.name === command.worker)?.engine.setSpeedFactor(command.factor)
      break
  }
}

process.on('message', (command) => {
  obey(command as HostCommand)
})
process.on('disconnect', () => {
  // The nodes go down with the process; their peers see closed connections at once.
  process.exit(0)
})
// Ctrl-C reaches the whole process group; the parent decides when it is over, and loses no outcome.
process.on('SIGINT', () => undefined)
