/** The thread of the views: `host.ts` behind a message port. A view that must be rebuilt ends the thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { ViewCorrupt } from '../../projections/view-database.ts';
import { openViewsHost, type ViewsHost } from './host.ts';
import { ViewsUnavailable } from './views-unavailable.ts';
import { type FromViews, type ToViews, unpackBatch, type ViewsSetup } from './wire.ts';
import { openWorkerSources } from './worker-sources.ts';

const port = parentPort;
if (port === null) throw new Error('the views run in a worker thread');
const post = (message: FromViews): void => port.postMessage(message);

function start(): ViewsHost | undefined {
  try {
    const setup = workerData as ViewsSetup;
    return openViewsHost(setup, openWorkerSources(setup));
  } catch (error) {
    // No listener on the port: the thread ends by itself.
    post({ kind: 'not-started', reason: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
}

const host = start();
if (host !== undefined) {
  let closing = false;
  const onMessage = async (message: ToViews): Promise<void> => {
    switch (message.kind) {
      case 'batch':
        try {
          await host.apply(unpackBatch(message.batch));
        } catch (error) {
          if (!closing) throw error;
        }
        post({ kind: 'applied', id: message.id, positions: host.positions() });
        return;
      case 'ask':
        try {
          post({ kind: 'answer', id: message.id, value: await host.answer(message.ask) });
        } catch (error) {
          const fault = error instanceof ViewsUnavailable ? error.fault : 'failed';
          const reason = error instanceof Error ? error.message : String(error);
          post({ kind: 'refusal', id: message.id, fault, reason });
          if (error instanceof ViewCorrupt) throw error;
        }
        return;
      case 'close':
        closing = true;
        await host.close();
        port.close();
        return;
      default:
        message satisfies never;
    }
  };
  // A rejection here is a fault that no view can get past: unhandled, it ends the thread on purpose.
  port.on('message', (message: ToViews) => void onMessage(message));
  post({ kind: 'started', positions: host.positions() });
}
