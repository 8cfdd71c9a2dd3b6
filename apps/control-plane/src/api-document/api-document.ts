import { Injectable, type INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { apiDocument } from './document.ts';

/** Made on first request: it takes a moment, and most processes are never asked. */
@Injectable()
export class ApiDocument {
  #app: INestApplication | undefined;
  #document: OpenAPIObject | undefined;

  /** The application cannot be injected into itself; whoever starts it hands it in. */
  of(app: INestApplication): void {
    this.#app = app;
  }

  get(): OpenAPIObject {
    if (this.#app === undefined) throw new Error('Nobody said which application to describe');
    return (this.#document ??= apiDocument(this.#app));
  }
}
