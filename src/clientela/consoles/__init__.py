"""Static front ends, without a build step; they speak only the public API."""
