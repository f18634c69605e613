// A process: the instant server. Tells its address to its parent, and ends with it; without a parent it prints it.
import { startInstantServer } from './instant-server.ts'

const { url } = await startInstantServer(Number(process.argv[2] ?? 20))
process.once('disconnect', () => process.exit())
if (process.send === undefined) process.stdout.write(`${url}\n`)
else process.send(url)
