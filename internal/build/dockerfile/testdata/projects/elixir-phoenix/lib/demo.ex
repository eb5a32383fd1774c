defmodule Demo do
  def main(_), do: IO.puts("elixir " <> System.get_env("MIX_ENV"))
end
