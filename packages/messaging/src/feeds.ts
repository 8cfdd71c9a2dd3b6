import type { KeyObject } from 'node:crypto';
import {
  heartbeatSchema,
  heartbeatSubject,
  NATS,
  pressureHintSchema,
  usageReportSchema,
  type Heartbeat,
  type PressureHint,
  type UsageReport,
} from '@portico/contracts';
import type { z } from 'zod';
import { BucketPublisher } from './config/bucket-publisher.ts';
import { ConfigReader } from './config/config-reader.ts';
import { RevisionAssembler } from './config/revision-assembler.ts';
import { verifyMessage } from './keys/signing.ts';
import type { ConfigFeed, ConfigPublisher, Feeds, UsageFeed } from './ports.ts';
import type { FeedLogger, Signals, Transport } from './transport.ts';

export interface FeedOptions {
  /**
   * Messages signed by another key are refused (two are accepted while keys are rotated); without
   * one, signatures are not looked at.
   */
  readonly verifyKey?: KeyObject | readonly KeyObject[] | undefined;
  readonly logger: FeedLogger;
}

/** The three feeds over whichever transport there is. */
export function feedsOver(transport: Transport, options: FeedOptions): Feeds {
  return {
    config: configFeed(transport, options),
    configPublisher: configPublisher(transport, options.logger),
    records: transport.logs,
    recordConsumer: transport.logs,
    usage: usageFeed(transport, options.logger),
    deadLetters: transport.deadLetters,
    isConnected: () => transport.isConnected(),
    close: () => transport.close(),
  };
}

function configFeed(
  { bucket, signals }: Transport,
  { verifyKey, logger }: FeedOptions,
): ConfigFeed {
  return {
    follow: (listener) => {
      const keys = verifyKey === undefined ? null : [verifyKey].flat();
      const assembler = new RevisionAssembler((message) =>
        keys === null ? true : verifyMessage(message, ...keys),
      );
      return Promise.resolve(bucket.follow(new ConfigReader(assembler, listener, logger)));
    },
    beat: (heartbeat) =>
      signals.publish(heartbeatSubject(heartbeat.node), JSON.stringify(heartbeat)),
  };
}

function configPublisher({ bucket, signals }: Transport, logger: FeedLogger): ConfigPublisher {
  const publisher = new BucketPublisher(bucket, logger);
  return {
    publish: (messages) => publisher.publish(messages),
    readAll: () => publisher.readAll(),
    onHeartbeat: (listener) =>
      listen<Heartbeat>(
        signals,
        { subject: NATS.heartbeats, schema: heartbeatSchema, logger },
        listener,
      ),
  };
}

function usageFeed({ signals, usage }: Transport, logger: FeedLogger): UsageFeed {
  return {
    publishDelta: (node, deltaId, payload) => usage.publish(node, deltaId, payload),
    consumeDeltas: (handler, options) => usage.consume(handler, options),
    hint: (hint) => signals.publish(NATS.usagePressure, JSON.stringify(hint)),
    onHint: (listener) =>
      listen<PressureHint>(
        signals,
        { subject: NATS.usagePressure, schema: pressureHintSchema, logger },
        listener,
      ),
    answerUsage: (answer) =>
      signals.answer(NATS.usageQuery, async (scope) => {
        const report = await answer(scope);
        return report === undefined ? undefined : JSON.stringify(report);
      }),
    askUsage: async (scope, timeoutMs) => {
      const answers = await signals.ask(NATS.usageQuery, scope, timeoutMs);
      return answers.flatMap((text): UsageReport[] => {
        const report = readJson(usageReportSchema, text);
        return report === undefined ? [] : [report];
      });
    },
  };
}

interface Channel<T> {
  readonly subject: string;
  readonly schema: z.ZodType<T>;
  readonly logger: FeedLogger;
}

function listen<T>(
  signals: Signals,
  { subject, schema, logger }: Channel<T>,
  listener: (value: T) => void,
): ReturnType<Signals['subscribe']> {
  return signals.subscribe(subject, (text) => {
    const value = readJson(schema, text);
    if (value === undefined) {
      logger.warn({ subject }, 'Ignored a message of an unknown shape');
      return;
    }
    try {
      listener(value);
    } catch (err) {
      logger.error({ err, subject }, 'A listener failed');
    }
  });
}

function readJson<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
