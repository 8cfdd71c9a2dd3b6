import { applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiConsumes } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';

/** The route reads a document of text, YAML that is, besides JSON; without this, text is 415. */
export const TakesYaml = (): MethodDecorator =>
  applyDecorators(
    RouteConfig({ takesYaml: true }),
    ApiConsumes('application/json', 'application/yaml'),
  );

export const takesYaml = ({ routeOptions }: FastifyRequest): boolean =>
  (routeOptions.config as { readonly takesYaml?: boolean }).takesYaml === true;
