class P { static void Main() { System.Console.WriteLine("dotnet " + System.Environment.GetEnvironmentVariable("ASPNETCORE_HTTP_PORTS") + " " + System.Environment.UserName); } }
