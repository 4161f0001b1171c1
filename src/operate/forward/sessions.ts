import { type SSMClient, StartSessionCommand, TerminateSessionCommand } from '@aws-sdk/client-ssm';
import { withDeadline } from '../../adapters/aws';
import { codeOf } from '../../adapters/errors';
import { NotNow } from '../../deploy/errors';
import { type Deployed, LAPTOP_DEADLINE_MS, outOfReach } from '../stage';

/** Forwards to a port of the instance itself, and to no other machine. */
const DOCUMENT = 'AWS-StartPortForwardingSession';

export interface Request {
  Target: string;
  DocumentName: string;
  Parameters: Record<string, string[]>;
}

export interface Session {
  request: Request;
  /** What SSM answered, as the plugin takes it. The token is a secret: whoever has it has the session. */
  response: { SessionId: string; TokenValue: string; StreamUrl: string };
}

/** Sessions of Session Manager with one stage's server. */
export class Sessions {
  readonly #client: SSMClient;
  readonly #stage: Deployed;

  constructor(client: SSMClient, stage: Deployed) {
    this.#client = client;
    this.#stage = stage;
  }

  /**
   * @param localPort where to listen here; without one the plugin takes a free port
   * @throws {NotNow} where the instance is not connected or SSM out of reach; {Unusable} where it refuses
   */
  async start(instance: string, port: number, localPort?: number): Promise<Session> {
    const request = {
      Target: instance,
      DocumentName: DOCUMENT,
      Parameters: {
        portNumber: [String(port)],
        ...(localPort !== undefined && { localPortNumber: [String(localPort)] }),
      },
    };
    try {
      const { SessionId, TokenValue, StreamUrl } = await withDeadline(
        'SSM StartSession',
        LAPTOP_DEADLINE_MS,
        (signal) => this.#client.send(new StartSessionCommand(request), { abortSignal: signal }),
      );
      if (!SessionId || !TokenValue || !StreamUrl) throw new Error('the answer names no session');
      return { request, response: { SessionId, TokenValue, StreamUrl } };
    } catch (error) {
      if (codeOf(error) === 'TargetNotConnected') throw notConnected(this.#stage, instance);
      const right = `ssm:StartSession on ${instance} and on document/${DOCUMENT}`;
      throw outOfReach(error, { ...this.#stage, service: 'SSM', name: instance, right });
    }
  }

  /** @throws {Unusable} where SSM is out of reach or refuses */
  async end({ response: { SessionId } }: Session): Promise<void> {
    try {
      await withDeadline('SSM TerminateSession', LAPTOP_DEADLINE_MS, (signal) =>
        this.#client.send(new TerminateSessionCommand({ SessionId }), { abortSignal: signal }),
      );
    } catch (error) {
      if (codeOf(error) === 'DoesNotExistException') return;
      const right = `ssm:TerminateSession on session/${SessionId}`;
      throw outOfReach(error, { ...this.#stage, service: 'SSM', name: SessionId, right });
    }
  }
}

/** Its agent connects by itself once the instance has booted, and goes on trying when it was cut off. */
const notConnected = ({ region }: Deployed, instance: string): NotNow =>
  new NotNow(`SSM in ${region}`, instance, {
    value: 'TargetNotConnected',
    rule: "the server's SSM agent must be connected to Session Manager",
    fix: 'wait a minute after its start; else see whether it lives: aws ec2 get-console-output --latest --instance-id …',
  });
