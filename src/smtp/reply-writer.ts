/**
 * Puts replies on the socket. Replies to pipelined commands leave together; a client that sends commands
 * and reads no replies makes the server wait, not remember. A reply to a peer that is gone is dropped.
 */
import type { Socket } from 'node:net';
import { formatReply, type Reply } from './replies.ts';

interface ReplyWriter {
  readonly octets: number;
  write(reply: Reply): void;
  /** What was written leaves now; the socket may be handed on. */
  flush(): void;
  /** Resolves at once unless the peer does not read. */
  untilWritable(): Promise<void>;
}

/** `currentSocket` gives the socket to write to, another one after STARTTLS. */
export function createReplyWriter(currentSocket: () => Socket): ReplyWriter {
  let octets = 0;
  let corked: Socket | undefined;

  function flush(): void {
    corked?.uncork();
    corked = undefined;
  }

  return {
    get octets() {
      return octets;
    },
    write(reply) {
      const socket = currentSocket();
      if (socket.destroyed || !socket.writable) return;
      const text = formatReply(reply);
      octets += text.length;
      if (corked !== socket) {
        flush();
        corked = socket;
        socket.cork();
        setImmediate(flush);
      }
      socket.write(text, 'latin1');
    },
    flush,
    async untilWritable() {
      const socket = currentSocket();
      if (!socket.writableNeedDrain || socket.destroyed) return;
      flush();
      await new Promise<void>((resolve) => {
        const settle = (): void => {
          socket.off('drain', settle).off('close', settle);
          resolve();
        };
        socket.on('drain', settle).on('close', settle);
      });
    },
  };
}
