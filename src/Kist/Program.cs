Console.WriteLine("kist");
